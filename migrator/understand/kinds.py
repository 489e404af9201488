"""How a call comes to run its command as root."""

from __future__ import annotations

import ast

from migrator.model import Kind
from migrator.understand.calls import Calls
from migrator.understand.evaluate import keyword_map
from migrator.understand.events import Event
from migrator.understand.facts import bare, truth
from migrator.understand.flags import deciding, given_flag, is_flag, parameter_of
from migrator.understand.flows import Flow, takes_tail
from migrator.understand.sudo import written_as_root
from migrator.understand.symbols import Function, Param
from migrator.understand.values import Entry, Map, Value


def entrypoint_around(calls: Calls, event: Event) -> Function | None:
    """The privsep entrypoint that a call stands in."""
    function = event.frame.function
    return function if function is not None and calls.is_entrypoint(function) else None


def kind_of(calls: Calls, event: Event, flow: Flow, inside: Function | None) -> Kind:
    """The kind of a call that may be root by `flow`; inside: the entrypoint around it."""
    written = _written_flag(event)
    certain = True if written is not None and truth(written) is True else truth(flow.root)
    if inside is not None and (written is None or truth(flow.root) is not True):
        return Kind.LAUNDERED
    if written is None and flow.via and flow.how == "entrypoint" and calls.is_entrypoint(flow.via[0]):
        return Kind.LAUNDERED
    if certain is True:
        if _is_written_as_root(event.node):
            return Kind.LITERAL_SUDO
        if written is not None and truth(written) is True:
            return Kind.DIRECT
        if flow.how == "entrypoint":
            return Kind.LAUNDERED
        if flow.how == "sudo":
            return Kind.LITERAL_SUDO
        own = event.frame.function
        if flow.how == "daemon" and own is not None and takes_tail(flow.argv, own.key):
            return Kind.FORWARDER
        if _hands_all_on(event, flow):
            return Kind.FORWARDER
        return Kind.VIA_WRAPPER
    if flow.how == "sudo" and not deciding(flow.root):
        return Kind.LITERAL_SUDO
    if written is not None:
        return Kind.FORWARDER if _own_untouched(written) else Kind.CONDITIONAL
    if _hands_on(flow.root):
        return Kind.FORWARDER
    return Kind.CONDITIONAL


def _is_written_as_root(node: ast.Call) -> bool:
    return bool(node.args) and written_as_root(node.args[0])


def _hands_all_on(event: Event, flow: Flow) -> bool:
    """Whether a call passes both `*args` and `**kwargs` of its own function on."""
    starred = any(isinstance(argument, ast.Starred) for argument in event.node.args)
    own = event.frame.function
    mappings = [keyword.value for keyword in event.node.keywords if keyword.arg is None]
    if own is None or not starred or not mappings or not takes_tail(flow.argv, own.key):
        return False
    return any(isinstance(mapping, ast.Name) and _own_mapping(event, mapping.id) for mapping in mappings)


def _own_mapping(event: Event, name: str) -> bool:
    """Whether a name stands for the `**` parameter of the function around the call, with or without changes."""
    value = bare(event.env[name]) if name in event.env else None
    if isinstance(value, Map):
        return any(isinstance(bare(rest), Param) for rest in value.rest)
    return isinstance(value, Param) and value.star == "**"


def _written_flag(event: Event) -> Value | None:
    """The value of the root flag that the call itself gives by keyword."""
    keywords = [keyword for keyword in event.node.keywords if keyword.arg is not None]
    flag = given_flag(keyword_map(keywords, event.env, event.frame))
    return flag[1] if flag is not None else None


def _own_untouched(written: Value) -> bool:
    """Whether a flag is a parameter of the function around the call, handed on as it came."""
    value = bare(written)
    return isinstance(value, (Param, Entry)) and parameter_of(value) is not None


def _hands_on(root: Value) -> bool:
    """Whether the decision is the caller's: a parameter of the function around the call, or of one around that."""
    return any(is_flag(leaf) or leaf is bare(root) for leaf in deciding(root) if parameter_of(leaf) is not None)
