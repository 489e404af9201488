"""What is decided on a call, with a test for every reason."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.decide.plan import plan, plan_all
from migrator.model import Kind, Outcome, Rung, Scan, Site, Status, Unreadable, Use
from migrator.words import Choice, Command, Each, Literal, Rest, Value
from tests.decide.calls import site
from tests.shipped import rulebook

BOOK = rulebook()


def outcome(text: str) -> Outcome:
    return plan(site(text), BOOK)


def together(*texts: str) -> list[Outcome]:
    sites = tuple(replace(site(text), line=number) for number, text in enumerate(texts, 1))
    return list(plan_all(Scan("", sites, (), (), 1), BOOK))


def call(each: Outcome) -> str:
    assert each.function is not None, each.reasons
    arguments = ", ".join(f"{argument.name}={argument.code}" for argument in each.arguments)
    return f"{each.function.module}.{each.function.name}({arguments})"


def body(each: Outcome) -> str:
    assert each.function is not None, each.reasons
    function = ast.parse(each.function.source).body[0]
    assert isinstance(function, ast.FunctionDef)
    return ast.unparse(function.body[-1]).removeprefix("return ")


def with_words(*words: object, program: str | None = "lvs", **more: object) -> Site:
    base = site("execute('lvs', run_as_root=True)")
    programs = (program,) if program else ()
    return replace(base, command=Command(words, program=program, programs=programs), **more)  # type: ignore[arg-type]


LVS = Literal("lvs")
PLAIN = site("execute('lvs', run_as_root=True)")
REASONS = [
    ("forwarder", replace(PLAIN, kind=Kind.FORWARDER, takes_argv=True)),
    ("laundered", replace(PLAIN, kind=Kind.LAUNDERED)),
    ("literal-sudo", replace(PLAIN, kind=Kind.LITERAL_SUDO)),
    ("takes-argv", replace(PLAIN, takes_argv=True)),
    ("flag-not-sure", replace(PLAIN, flag="")),
    ("wrapper-adds", replace(PLAIN, adds=("x.locked: takes a lock",))),
    ("executor-injected", replace(PLAIN, adds=("the executor is the parameter execute, which a caller may set",))),
    ("executor-injected", replace(PLAIN, adds=("self._execute is set to one of several executors",))),
    ("flag-lost", replace(PLAIN, kind=Kind.VIA_WRAPPER, flag="", command=Command((Literal("lvs"), Rest("args"))))),
    ("words-open", with_words(LVS, Rest("args"))),
    ("words-loop", with_words(LVS, Each((Value("x"),), "x", "xs"))),
    ("words-branch", with_words(LVS, Choice(((Literal("-a"),), ()), "everything"))),
    ("word-not-here", with_words(LVS, Value("name", here=False))),
    ("relative-path", site("execute('cp', './template', path, run_as_root=True)")),
    ("relative-path", site("execute('tar', 'xf', path, cwd='build', run_as_root=True)")),
    ("program-one-of", replace(PLAIN, command=Command((Value("cmd"),), programs=("lvs", "vgs")))),
    ("program-unknown", with_words(Value("cmd", why="the parameter cmd"), program=None)),
    ("program-unknown", with_words(Rest("cmd", why="the parameter cmd"), program=None)),
    ("words-branch", with_words(Choice(((LVS,), (Literal("vgs"),))), program=None)),
    ("program-unknown", with_words(program=None)),
    ("option-mapping", site("execute('lvs', run_as_root=True, **kwargs)")),
    ("option-unknown", site("execute('lvs', run_as_root=True, interval=10)")),
    ("option-not-literal", site("execute('lvs', run_as_root=True, cwd=CONF.folder)")),
    ("option-callable", site("execute('lvs', run_as_root=True, on_execute=self.started)")),
    ("option-not-carried", site("execute('lvs', run_as_root=True, prlimit=LIMITS)")),
    ("shell", site("execute('lvs | head', run_as_root=True, shell=True)")),
]


@pytest.mark.parametrize(("code", "where"), REASONS, ids=[code for code, _ in REASONS])
def test_every_reason_is_given_with_a_sentence(code: str, where: Site) -> None:
    decided = plan(where, BOOK)
    assert decided.function is None and decided.arguments == ()
    assert decided.status is (Status.UNRESOLVED if code == "program-unknown" else Status.REFUSED)
    assert decided.rung is (Rung.LAUNDERED if where.kind is Kind.LAUNDERED else Rung.ROOTWRAP)
    (reason,) = [each for each in decided.reasons if each.code == code]
    assert len(reason.text.split()) > 6


def test_a_wrapper_that_adds_something_is_named_with_what_it_adds() -> None:
    where = replace(PLAIN, adds=("cloud.LVM._run: decorated with @utils.retry(3)", "cloud.execute: handles exceptions"))
    assert [reason.text.partition(";")[0] for reason in plan(where, BOOK).reasons] == [
        "cloud.LVM._run() does more than run the command: it is decorated with @utils.retry(3)",
        "cloud.execute() does more than run the command: it handles exceptions",
    ]


@pytest.mark.parametrize("value", [Value("path", text=True), Value("str(path)", text=True), Value("str(path)")])
@pytest.mark.parametrize("program", ["lvs", "cat"])
def test_a_word_that_is_surely_text_crosses_as_it_is(value: Value, program: str) -> None:
    (argument,) = plan(with_words(Literal(program), value, program=program), BOOK).arguments
    assert argument.code == value.code


def test_what_is_added_to_text_is_text() -> None:
    assert call(outcome("execute('lvs', '--cipher=' + cipher, run_as_root=True)")).endswith("(cipher=cipher)")
    assert call(outcome("execute('lvs', '--cipher=%s' % cipher, run_as_root=True)")).endswith("(cipher=str(cipher))")


@pytest.mark.parametrize("program", ["stat", "code", "time"])
def test_no_function_is_named_as_a_module_of_the_standard_library(program: str) -> None:
    """`def stat` under `import stat` would take the module from the functions around it."""
    assert [
        each.function.name for each in together(f"execute('{program}', path, run_as_root=True)") if each.function
    ] == [f"run_{program}"]


@pytest.mark.parametrize("name", ["command", "processutils", "logging", "print", "open", "self"])
def test_no_parameter_hides_what_the_function_reads(name: str) -> None:
    function = outcome(f"execute('lvs', {name}, run_as_root=True)").function
    assert function is not None
    assert ast.parse(function.source).body[0].args.args[0].arg not in (name, "")  # type: ignore[attr-defined]


def test_a_rule_that_needs_python_3_leaves_a_python_2_project_the_command(tmp_path: Path) -> None:
    (tmp_path / "cloud").mkdir()
    (tmp_path / "cloud" / "__init__.py").write_text("")
    where = replace(site("execute('cat', path, run_as_root=True)"), path=str(tmp_path / "cloud" / "driver.py"))
    assert plan(where, BOOK).rung is Rung.NATIVE
    (tmp_path / "setup.cfg").write_text("[metadata]\nclassifier =\n    Programming Language :: Python :: 2.7\n")
    decided = plan(where, BOOK)
    assert decided.status is Status.READY and decided.rung is Rung.NARROW
    assert call(decided) == "path.cat(path=str(path))"
    assert "Python 2" in decided.reasons[0].text
    chown = replace(site("execute('chown', owner, path, run_as_root=True)"), path=where.path)
    assert plan(chown, BOOK).rung is Rung.NATIVE


def test_short_options_set_names_apart_where_nothing_else_does() -> None:
    decided = together(
        "execute('e2fsck', '-p', device, run_as_root=True)",
        "execute('e2fsck', '-f', '-p', device, run_as_root=True)",
        "execute('tune2fs', '-j', device, run_as_root=True)",
        "execute('tune2fs', '-O ^has_journal', device, run_as_root=True)",
        "execute('mount', device, run_as_root=True)",
        "execute('mount', '-t', fstype, '-o', given, device, point, run_as_root=True)",
        "execute('mount', '-t', 'sofs', config, point, run_as_root=True)",
        "execute('xfs_admin', device, run_as_root=True)",
        "execute('xfs_admin', '-l', device, run_as_root=True)",
    )
    assert [each.function.name for each in decided if each.function] == [
        "e2fsck",
        "e2fsck_forced_preen",
        "tune2fs_add_journal",
        "tune2fs_remove_journal",
        "mount",
        "mount_type_options",
        "mount_sofs",
        "xfs_admin",
        "xfs_admin_l",
    ]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("'lvremove', '-f', '%s/%s' % (self.vg_name, name)", ["path"]),
        ("'lvs', '--nosuffix', '/dev/%s/%s' % (vg, pool)", ["path"]),
        ("'lvs', f'{vg}/{name}', f'{vg}/{other}'", ["path", "path_2"]),
        ("'qemu-img', 'create', '-o', 'backing=%s,fmt=%s' % (backing, fmt), path", ["options", "path"]),
        ("'nice', command", ["cmd"]),
    ],
)
def test_parameters_are_called_what_a_person_would_call_them(words: str, names: list[str]) -> None:
    assert [argument.name for argument in outcome(f"execute({words}, run_as_root=True)").arguments] == names


def test_what_stopped_the_reading_is_named() -> None:
    where = next(where for code, where in REASONS if code == "program-unknown")
    assert "the parameter cmd" in plan(where, BOOK).reasons[0].text


def test_all_reasons_are_told_at_once() -> None:
    decided = outcome("execute('lvs', *args, run_as_root=True, interval=1, cwd=folder)")
    assert [each.code for each in decided.reasons] == ["words-open", "option-unknown", "option-not-literal"]


@pytest.mark.parametrize(
    ("text", "expected", "runs"),
    [
        (
            "execute('ip', 'link', 'set', dev, 'up', run_as_root=True, check_exit_code=[0, 2, 254])",
            "linux_net.link_set_up(dev=str(dev))",
            "command.run('ip', 'link', 'set', dev, 'up', check_exit_code=[0, 2, 254])",
        ),
        (
            "execute('lvremove', '-f', '%s/%s' % (vg, name), run_as_root=True, attempts=3)",
            "lvm.lvremove(path='%s/%s' % (vg, name))",
            "command.run('lvremove', '-f', path, attempts=3)",
        ),
        (
            "execute('wipefs', 'if=%s' % src, 'of=' + dst, 'bs=%dM' % size, run_as_root=True)",
            "fs.wipefs(src=str(src), dst=dst, size=size)",
            "command.run('wipefs', 'if=%s' % src, 'of=%s' % dst, 'bs=%dM' % size)",
        ),
        (
            "execute('qemu-nbd', '-c', device, self.image.path, run_as_root=True)",
            "qemu.qemu_nbd_connect(device=str(device), path=str(self.image.path))",
            "command.run('qemu-nbd', '-c', device, path)",
        ),
        (
            "execute('cryptsetup', 'luksOpen', '--key-file=-', self._dev, name, process_input=key, run_as_root=True)",
            "crypt.cryptsetup_luks_open(dev=str(self._dev), name=str(name), process_input=key)",
            "command.run('cryptsetup', 'luksOpen', '--key-file=-', dev, name, process_input=process_input)",
        ),
        (
            "execute('ovs-vsctl', 'add-br', bridge, bridge, run_as_root=True, root_helper=x, check_exit_code=True)",
            "linux_net.ovs_vsctl_add_br(bridge=str(bridge))",
            "command.run('ovs-vsctl', 'add-br', bridge, bridge, check_exit_code=True)",
        ),
        (
            "execute('realpath', src.path, dst.path, run_as_root=True)",
            "path.realpath(path=str(src.path), dst_path=str(dst.path))",
            "command.run('realpath', path, dst_path)",
        ),
        (
            "execute('x', next(it), next(it), run_as_root=True)",
            "utils.x(next_=str(next(it)), next_2=str(next(it)))",
            "command.run('x', next_, next_2)",
        ),
        (
            "execute('mount', source, dir, run_as_root=True, log_errors=processutils.LOG_ALL_ERRORS)",
            "fs.mount(source=str(source), directory=str(dir))",
            "command.run('mount', source, directory, log_errors=processutils.LOG_ALL_ERRORS)",
        ),
    ],
)
def test_narrow_function(text: str, expected: str, runs: str) -> None:
    decided = outcome(text)
    assert (decided.status, decided.rung) == (Status.READY, Rung.NARROW)
    assert (call(decided), body(decided)) == (expected, runs)
    assert decided.function is not None
    assert "from {privsep} import command" in decided.function.imports
    assert max(map(len, decided.function.source.splitlines())) < 80


@pytest.mark.parametrize(
    ("code", "crossing"),
    [
        ("path", "str(path)"),
        ("str(uid)", "str(uid)"),
        ("network.cidr", "str(network.cidr)"),
        ("os.path.join(base, name)", "os.path.join(base, name)"),
        ("','.join(names)", "','.join(names)"),
        ("line.split()[0]", "line.split()[0]"),
        ("f'{a}{b}'", "f'{a}{b}'"),
        ("'%o' % mode", "'%o' % mode"),
        ("a + b", "str(a + b)"),
        ("a if b else 'c'", "str(a if b else 'c')"),
    ],
)
def test_what_is_not_evidently_text_is_made_text_before_it_crosses(code: str, crossing: str) -> None:
    decided = outcome(f"execute('cat', {code}, run_as_root=True)")
    assert [argument.code for argument in decided.arguments] == [crossing]


def test_sites_of_one_shape_share_a_function_and_its_parameter_names() -> None:
    one, two, three = together(
        "execute('ip', 'link', 'set', interface, 'down', run_as_root=True)",
        "execute('ip', 'link', 'set', dev, 'down', run_as_root=True)",
        "execute('ip', 'link', 'set', self.dev, 'down', run_as_root=True)",
    )
    assert one.function == two.function == three.function
    assert call(one) == "linux_net.link_set_down(dev=str(interface))"
    assert call(three) == "linux_net.link_set_down(dev=str(self.dev))"


def test_other_shapes_get_names_that_tell_what_sets_them_apart() -> None:
    decided = together(
        "execute('umount', path, run_as_root=True, attempts=3)",
        "execute('umount', path, run_as_root=True)",
        "execute('umount', path, run_as_root=True, check_exit_code=False)",
        "execute('umount', '--lazy', path, run_as_root=True)",
        "execute('chmod', '--reference=%s' % ref, path, run_as_root=True)",
        "execute('chmod', '600', path, run_as_root=True)",
    )
    assert [each.function.name for each in decided if each.function] == [
        "umount_with_retries",
        "umount",
        "umount_unchecked",
        "umount_lazy",
        "chmod_reference",
        "chmod",
    ]


def test_names_do_not_depend_on_the_order_of_the_sites() -> None:
    texts = [
        "execute('lvs', '-o', 'vg_name', vg, run_as_root=True)",
        "execute('lvs', vg, run_as_root=True)",
        "execute('lvs', '--noheadings', vg, run_as_root=True)",
        "execute('lvs', vg, name, run_as_root=True)",
    ]
    forward = {each.site.id: call(each) for each in together(*texts)}
    assert forward == {each.site.id: call(each) for each in together(*reversed(texts))}
    assert len({text.partition("(")[0] for text in forward.values()}) == len(texts)


def test_capabilities_are_those_that_all_sites_of_a_rule_need() -> None:
    plain, below_sys = together(
        "execute('tee', path, process_input=text, run_as_root=True)",
        "execute('tee', '/sys/class/net/%s/brport/hairpin_mode' % dev, process_input='1', run_as_root=True)",
    )
    assert plain.function == below_sys.function and plain.function is not None
    assert plain.function.capabilities == {"CAP_DAC_OVERRIDE", "CAP_NET_ADMIN", "CAP_SYS_ADMIN"}


def test_a_program_of_a_standard_folder_is_the_rule_s_and_another_is_not() -> None:
    assert outcome("execute('/bin/chown', owner, path, run_as_root=True)").rung is Rung.NATIVE
    assert outcome("execute('/opt/vendor/chown', owner, path, run_as_root=True)").rung is Rung.NARROW


def test_a_use_that_a_rule_differs_in_takes_the_command() -> None:
    where = replace(site("execute('tee', path, process_input=text, run_as_root=True)"), uses=frozenset({Use.RESULT}))
    decided = plan(where, BOOK)
    assert decided.rung is Rung.NARROW
    assert [each.code for each in decided.reasons] == ["not-by-rule"]


@pytest.mark.parametrize("executor", ["", "os_brick.executor.Executor._execute"])
@pytest.mark.parametrize("words", ["'lvs'", "'chown', owner, path"])
def test_an_executor_that_is_not_oslo_s_is_for_review(executor: str, words: str) -> None:
    decided = plan(replace(site(f"self._execute({words}, run_as_root=True)"), executor=executor), BOOK)
    assert decided.status is Status.REVIEW and decided.function is not None
    assert decided.reasons[0].code == "executor-not-known"
    assert (executor or "what self._execute is was not found") in decided.reasons[0].text


def test_a_prefix_stays_part_of_the_command() -> None:
    words = (Literal("env"), Literal("LC_ALL=C"), Literal("rm"), Value("path"))
    where = replace(PLAIN, command=Command(words, prefix="env LC_ALL=C", program="rm", programs=("rm",)))
    decided = plan(where, BOOK)
    assert decided.rung is Rung.NARROW and body(decided) == "command.run('env', 'LC_ALL=C', 'rm', path)"


def test_generated_text_is_python_whatever_the_words_hold() -> None:
    decided = outcome(
        """execute('awk', '{print "\\\\"}\\n', \"\"\"it's '''quoted\\\"\\\"\\\"\"\"\", name, run_as_root=True)"""
    )
    assert decided.function is not None
    module = ast.parse(decided.function.source)
    assert ast.unparse(module.body[0]).count("command.run") == 1


def test_a_file_that_only_the_tolerant_reading_takes_is_not_changed() -> None:
    one = site("utils.execute('sync', path, run_as_root=True)")
    oddity = Unreadable(one.path, 3, "`async` is a name here")
    found = Scan(root=".", sites=(one,), unreadable=(), tolerated=(oddity,), files=1)
    (planned,) = plan_all(found, rulebook())
    assert planned.status is Status.REFUSED
    assert planned.reasons[0].code == "old-python" and "line 3" in planned.reasons[0].text


def test_a_rule_that_is_not_proven_waits_for_a_person() -> None:
    book = replace(BOOK, _read={"cat": (replace(BOOK.rules_for("cat")[0], review="no disk"),)})
    where = site("execute('cat', path, run_as_root=True)")
    decided = plan(where, book)
    assert decided.status is Status.READY and decided.rung is Rung.NARROW, "it runs the command"
    assert "no disk" in decided.reasons[0].text
    decided = plan(where, book, unproven=True)
    assert decided.status is Status.REVIEW and decided.function is not None and decided.function.rule == "cat.cat"
    assert [(reason.code, "no disk" in reason.text) for reason in decided.reasons] == [("unproven", True)]
