"""The check is checked: faults put into copies of rules, each of which has to be caught, and for what it is."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from migrator.decide.load import load_file, shipped
from migrator.decide.rule import Rule
from migrator.verify.verdict import Verdict, Word
from tests.verify.proof import proven, told

DIFFERS, CLAIMS = Word.DIFFERS, Word.CLAIMS


@dataclass(frozen=True)
class Seed:
    """A fault: in the text of a rule's function or claims, each first of `texts` becomes its second, once.

    on: which of the rule's own trials are kept, so that it is quick; aspect: one in which they have to differ,
    or the capabilities that have to be found; absent: text of a declared difference that has to be missed.
    """

    fault: str
    rule: str
    texts: tuple[tuple[str, str], ...]
    on: str
    word: Word
    aspect: str = ""
    absent: str = ""


SEEDS = (
    Seed(
        "follows the link it is given",
        "chown.chown_recursive",
        (("os.chown(path, uid, gid, follow_symlinks=False)", "os.chown(path, uid, gid)"),),
        r"daemon \{link\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "follows links below the folder it is given",
        "chmod.chmod_recursive",
        (("if not stat.S_ISLNK(old):", "if True:"),),
        r"a\+r \{tree\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "removes what a link leads to",
        "rm.rm",
        (("os.unlink(path)", "os.unlink(os.path.realpath(path))"),),
        r"rm \{link\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "resolves .. itself",
        "rm.rm_recursive",
        (('"//+\\Z", "/", path', '"/[^/]+/[.][.]", "", path'),),
        r"\.\.$",
        DIFFERS,
        "files",
    ),
    Seed("forgets the mode", "tee.tee", (("flags, 0o644)", "flags)"),), r"tee \{missing\}$", DIFFERS, "files"),
    Seed("leaves the mode to the umask", "mkdir.mkdir", ((", 0o755)", ")"),), r"mkdir \{missing\}$", DIFFERS, "files"),
    Seed(
        "drops set-id bits",
        "chmod.chmod",
        (("changed(stat.S_IMODE(old), folder))", "changed(stat.S_IMODE(old), folder) & 0o777)"),),
        r"4755 \{file\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "swallows an error",
        "chmod.chmod",
        (("errors.append(\"changing permissions of '%s': %s\" % (path, error.strerror))", "pass"),),
        r"\{readonly\}",
        DIFFERS,
        "status",
    ),
    Seed(
        "changes half of it",
        "chown.chown",
        (("os.chown(path, uid, gid)", "os.chown(path, uid, -1)"),),
        r"daemon:bin \{file\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "has another default",
        "rm.rm",
        (("force: bool = False", "force: bool = True"),),
        r"rm \{missing\}$",
        DIFFERS,
        "status",
    ),
    Seed(
        "truncates where it should append",
        "tee.tee",
        (("(os.O_APPEND if append else os.O_TRUNC)", "os.O_TRUNC"),),
        r"tee -a \{file\}$",
        DIFFERS,
        "files",
    ),
    Seed(
        "writes another file and renames it",
        "tee.tee",
        (
            ("os.open(path, flags, 0o644)", "os.open(path + '.new', flags, 0o644)"),
            ("os.close(descriptor)", "os.close(descriptor); os.rename(path + '.new', path)"),
        ),
        r"tee \{hardlink\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "leaves a file behind",
        "cat.cat",
        (("chunks = []", "chunks = []; open('/tmp/cat.lock', 'a').close()"),),
        r"\{file\}$",
        DIFFERS,
        "files",
    ),
    Seed(
        "words an error otherwise",
        "mkdir.mkdir",
        (("cannot create directory", "cannot create folder"),),
        r"mkdir \{file\}",
        DIFFERS,
        "stderr",
    ),
    Seed("gives another exit status", "tee.tee", (("exit_code=1", "exit_code=2"),), r"tee \{dir\}", DIFFERS, "status"),
    Seed(
        "fails with an exit code that it does not claim",
        "cat.cat",
        (("kind=NATIVE,", "kind=NATIVE, failures={2},"),),
        r"\{missing\}",
        DIFFERS,
        "status",
    ),
    Seed(
        "lets an OSError out",
        "cat.cat",
        (("except OSError as", "except EOFError as"),),
        r"\{missing\}",
        DIFFERS,
        "status",
    ),
    Seed(
        "lets an IndexError out",
        "chmod.chmod",
        (('not mode.startswith("-")', 'mode[0] != "-"'),),
        r"'' \{file\}",
        DIFFERS,
        "status",
    ),
    Seed("ends the daemon", "cat.cat", (("chunks = []", "chunks = []; os._exit(0)"),), r"\{file\}$", DIFFERS, "status"),
    Seed("loses its result", "cat.cat", (("return stdout,", 'return "",'),), r"\{file\}$", DIFFERS, "stdout"),
    Seed(
        "returns what cannot be sent",
        "cat.cat",
        (("return stdout,", "return object(),"),),
        r"\{file\}$",
        DIFFERS,
        "status",
    ),
    Seed(
        "loses bytes that are no text",
        "cat.cat",
        (('errors="surrogateescape"', 'errors="replace"'),),
        r"\{binary\}",
        DIFFERS,
        "stdout",
    ),
    Seed("raises when told not to", "cat.cat", (("stderr and check", "stderr"),), r"\{missing\}", DIFFERS, "status"),
    Seed(
        "sends another signal than it is told",
        "kill.kill",
        (("os.kill(int(pid), number)", "os.kill(int(pid), signal.SIGTERM)"),),
        r"-HUP \{stubborn\}|-9 \{process\}",
        DIFFERS,
        "processes",
    ),
    Seed(
        "sends a signal that cannot be ignored",
        "kill.kill",
        (('sig: str = "TERM"', 'sig: str = "KILL"'),),
        r"kill \{stubborn\}",
        DIFFERS,
        "processes",
    ),
    Seed(
        "takes 0 for a process",
        "kill.kill",
        (("0*[1-9][0-9]{0,9}", "[0-9]{1,10}"),),
        r"-0 \{process\}",
        DIFFERS,
        absent="the group",
    ),
    Seed(
        "makes the file that -n only wants blocks for",
        "fallocate.fallocate",
        (("(0 if keep_size else os.O_CREAT)", "os.O_CREAT"),),
        r"-n -l 1M \{dir\}/new",
        DIFFERS,
        "files",
    ),
    Seed(
        "makes a file with the daemon's umask",
        "truncate.truncate",
        (("0o644)", "0o666)"),),
        r"-s 1GB \{missing\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "takes a link that dangles for nothing",
        "test.test",
        (("os.lstat(path)", "os.stat(path)"),),
        r"-L \{tree\}/sub/dangling",
        DIFFERS,
        "status",
    ),
    Seed(
        "goes back from a file as if it were a folder",
        "readlink.readlink_canonicalize_existing",
        (("os.path.exists(path)", "os.path.exists(os.path.realpath(path))"),),
        r"\{file\}/\.\.",
        DIFFERS,
        "status",
    ),
    Seed(
        "asks what is under the mount point",
        "df.df",
        (("os.statvfs(path)", "os.statvfs(os.path.dirname(path))"),),
        r"-P -B 1 \{mounted\}/point",
        DIFFERS,
        "stdout",
    ),
    Seed(
        "follows links on its way down",
        "du.du",
        (("os.lstat(each)", "os.stat(each)"),),
        r"-sb \{tree\}",
        DIFFERS,
        "stdout",
    ),
    Seed(
        "declares a difference that there is not",
        "cat.cat",
        (("DASH,\n", 'DASH,\nDifference("it cannot read", trial=Trial("cat {file}")),\n'),),
        r"\{dir\}",
        DIFFERS,
        absent="it cannot read",
    ),
    Seed(
        "claims a capability too many",
        "cat.cat",
        (('{"CAP_DAC_READ_SEARCH"}', '{"CAP_DAC_READ_SEARCH", "CAP_CHOWN"}'),),
        r"\{file\}$",
        CLAIMS,
        "CAP_DAC_READ_SEARCH",
    ),
    Seed(
        "copies with the daemon's umask",
        "cp.cp",
        (("status.st_mode & 0o755", "status.st_mode & 0o777"),),
        r"\{binary\} \{missing\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "keeps times through a float",
        "cp.cp_preserve",
        (("ns=(status.st_atime_ns, status.st_mtime_ns)", "times=(status.st_atime, status.st_mtime)"),),
        r"-p \{sparse\} \{missing\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "fills holes on the way",
        "mv.mv",
        (("sparse = 512 * status.st_blocks < status.st_size", "sparse = False"),),
        r"\{sparse\} /var/new",
        DIFFERS,
        "files",
    ),
    Seed(
        "loses an access list on the way",
        "mv.mv",
        (("wanted = os.listxattr(old, follow_symlinks=False)", "wanted: list[str] = []"),),
        r"\{sparse\} /var/new",
        DIFFERS,
        "files",
    ),
    Seed(
        "makes two files of one with two names",
        "mv.mv",
        (("if status.st_nlink > 1 and", "if False and"),),
        r"\{tree\} /var/new",
        DIFFERS,
        "files",
    ),
    Seed(
        "forgets connections of every zone",
        "conntrack.delete_connections",
        (("_conntrack_c_number(zone)[0] & 0xFFFF", "None"),),
        r"-w 5$",
        DIFFERS,
        "network",
    ),
    Seed(
        "tells of connections and leaves them",
        "conntrack.delete_connections",
        (('conntrack.entry("del"', 'conntrack.entry("get"'),),
        r"-r \{natserver\}",
        DIFFERS,
        "network",
    ),
    Seed(
        "puts a single address into a set for a network",
        "ipset.ensure_in_ip_set",
        (('last = "%d" % length', 'last = "32"'),),
        r"\{netset\} 192.0.2.1/0x18|\{sixnetset\} fd00::/64|\{hostset\} 192.0.2.4/30",
        DIFFERS,
        "network",
    ),
    Seed(
        "makes a set with another option",
        "ipset.ensure_ip_set",
        (("exclusive=False)", "exclusive=False, counters=True)"),),
        r"\{noset\}",
        DIFFERS,
        "network",
    ),
    Seed(
        "empties a set where two change places",
        "ipset.swap_ip_sets",
        (("ipset.swap(first, second)", "ipset.flush(first)"),),
        r"\{netset\} \{emptyset\}",
        DIFFERS,
        "network",
    ),
    Seed(
        "takes away the qdisc of the other direction",
        "tc.delete_ingress_qdisc",
        (('kind="ingress", parent=0xFFFFFFF1, handle=0xFFFF0000', "parent=0xFFFFFFFF"),),
        r"\{classes\}",
        DIFFERS,
        "network",
    ),
    Seed(
        "claims a stronger capability",
        "cat.cat",
        (('{"CAP_DAC_READ_SEARCH"}', '{"CAP_DAC_OVERRIDE"}'),),
        r"\{file\}$",
        CLAIMS,
        "CAP_DAC_READ_SEARCH",
    ),
    Seed(
        "replaces a neighbour that it should only add",
        "ip.add_neighbour",
        (('_change_neighbour("add"', '_change_neighbour("replace"'),),
        r"add 10\.0\.0\.9 lladdr 02:00:00:00:00:99 dev \{addressed\}",
        DIFFERS,
        "network",
    ),
    Seed(
        "has a rule of IPv6 lead to another table",
        "ip.add_ipv6_rule",
        (("source, table, priority)", 'source, "101", priority)'),),
        r"from \{ruledsix\} table 100 priority 0$",
        DIFFERS,
        "network",
    ),
    Seed(
        "names the network that there is, not a new one",
        "ip.add_namespace",
        (("if libc.unshare(0x40000000):", "if False:"),),
        r"\{nonetns\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "has the daemon enter the network that it makes",
        "ip.add_namespace",
        (
            ("    child = os.fork()\n", "    child = libc.unshare(0x40000000)\n"),
            ("if not child:", "if child:"),
            ("status = os.waitpid(child, 0)[1]", 'status = libc.mount(b"/proc/self/ns/net", path, b"none", 0x1000, 0)'),
        ),
        r"\{nonetns\}",
        DIFFERS,
        "processes",
    ),
    Seed(
        "leaves an empty file where the name was",
        "ip.delete_namespace",
        (("os.unlink(path)", "0"),),
        r"\{netns\}",
        DIFFERS,
        "files",
    ),
    Seed(
        "claims a capability too few",
        "chown.chown",
        ((', "CAP_FOWNER"}', "}"),),
        r"daemon \{foreignsuid\}",
        CLAIMS,
        "CAP_CHOWN CAP_DAC_READ_SEARCH CAP_FOWNER",
    ),
)


def seeded(seed: Seed, folder: Path) -> Rule:
    """The rule with the fault in it, and of its own trials those that the fault is about."""
    program, _, function = seed.rule.partition(".")
    files = [shipped() / f"{program}.py", *sorted((shipped() / program).glob("*.py"))]
    found = {file: file.read_text("utf-8") for file in files if file.is_file()}
    own = next(file for file, text in found.items() if f"def {function}(" in text)
    shared = sorted(own.parent.glob("_*.py"))
    texts = {own: found[own], **{file: file.read_text("utf-8") for file in shared}}
    for old, new in seed.texts:
        # The function's own text first, then what is claimed of it; else what it shares with others.
        place = texts[own].find(old, texts[own].index(f"def {function}("))
        file = own if place >= 0 else next((each for each in texts if old in texts[each]), None)
        assert file is not None, f"{old!r} is not there any more"
        place = place if place >= 0 else texts[file].index(old)
        texts[file] = texts[file][:place] + new + texts[file][place + len(old) :]
    path = folder / program
    path.mkdir()
    for file, text in texts.items():
        (path / file.name).write_text(text, "utf-8")
    for file in shipped().glob("_*.py"):  # what the files of a folder import from above it
        shutil.copy(file, folder)
    rule = next(rule for rule in load_file(path) if rule.name == seed.rule)
    kept = tuple(trial for trial in rule.trials if re.search(seed.on, trial.line))
    assert kept, f"{seed.rule} has no trial {seed.on} any more"
    return replace(rule, trials=kept)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    rules = [seeded(seed, tmp_path_factory.mktemp("seed")) for seed in SEEDS]
    return dict(zip((seed.fault for seed in SEEDS), proven(rules, examples=0, sweep=0), strict=True))


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.fault)
def test_a_fault_is_caught_for_what_it_is(seed: Seed, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[seed.fault]
    assert verdict.word is seed.word, told(verdict)
    if seed.absent:
        assert any(seed.absent in text for text in verdict.absent), told(verdict)
    elif seed.word is CLAIMS:
        assert verdict.found is not None
        assert sorted(verdict.found.capabilities) == seed.aspect.split(), told(verdict)
    else:
        aspects = {each.aspect for finding in verdict.findings for each in finding.divergences}
        assert seed.aspect in aspects, told(verdict)
