"""Source text at the edges of what parsers, folding and wrapper chains can take."""

from __future__ import annotations

CALL = "utils.execute('rm', path, run_as_root=True)"
RUN = "utils.execute(*cmd, run_as_root=True)\n"


def _stairs(opening: str, count: int) -> str:
    return "".join(" " * depth + opening.format(depth) + "\n" for depth in range(count)) + " " * count + CALL + "\n"


def _branches(count: int) -> str:
    turn = "if a{0}:\n    cmd = cmd + ['{0}']\nelse:\n    cmd = ['x'] + cmd\n"
    return "cmd = []\n" + "".join(turn.format(number) for number in range(count)) + RUN


EXTREMES = {
    # how deep and how long
    "deep parentheses": f"{CALL}\nx = {'(' * 3000}1{')' * 3000}\n",
    "nested lists": f"x = {'[' * 150}{CALL}{']' * 150}\n",
    "lambdas in lambdas": f"{CALL}\nx = {'lambda: ' * 900}1\n",
    "a long sum": f"{CALL}\nx = {' + '.join(['path'] * 4000)}\n",
    "a long sum as a word": f"utils.execute('rm', {' + '.join(['path'] * 900)}, run_as_root=True)\n",
    "a long argv": f"cmd = {' + '.join(['[path]'] * 900)}\n{RUN}",
    "a long attribute": f"{CALL}\nx = a{'.b' * 4000}\n",
    "a long chain of calls": f"{CALL}\nx = a{'.b()' * 4000}\n",
    "nested ifs": _stairs("if a{}:", 90),
    "nested functions": _stairs("def f{}():", 90),
    "nested classes": _stairs("class C{}:", 90),
    "many calls on one line": f"{CALL}; " * 1000 + "\n",
    "a very long line": f"utils.execute('echo', '{'x' * 2_000_000}', run_as_root=True)\n",
    "many appends": "cmd = ['rm']\n" + "cmd.append(path)\n" * 3000 + RUN,
    "many optional words": "cmd = ['rm']\n" + "".join(f"if a{n}:\n    cmd.append('-{n}')\n" for n in range(60)) + RUN,
    "branches on branches": _branches(24),
    # what grows when it is worked out
    "an unknown list doubled": "cmd = cmd + cmd\n" * 40 + RUN,
    "a known list doubled": "cmd = ['rm']\n" + "cmd = cmd + cmd\n" * 40 + RUN,
    "a list doubled in place": "cmd = ['rm']\n" + "cmd += cmd\n" * 40 + RUN,
    "a string doubled": "name = 'rm'\n" + "name = name + name\n" * 40 + "utils.execute(name, run_as_root=True)\n",
    "a repeated list": "cmd = ['rm'] * 10 ** 9\n" + RUN,
    "a repeated string": "name = 'x' * 10 ** 10\nutils.execute('rm', name, run_as_root=True)\n",
    "a huge power": "size = 10 ** 10 ** 10\nutils.execute('truncate', size, run_as_root=True)\n",
    "a huge number": f"utils.execute('truncate', {'9' * 6000}, run_as_root=True)\n",
    "a wide format": "utils.execute('rm', '%0999999999d' % 1, '{:>999999999}'.format('x'), run_as_root=True)\n",
    # what is wrong
    "wrong formats": "utils.execute('%s %s' % (1,), '%(a)s' % {}, '{}{1}'.format(), '%' % 2, run_as_root=True)\n",
    "a format that looks into objects": "utils.execute('rm', '{0.__class__.x[9]}'.format('a'), run_as_root=True)\n",
    "indexes outside": f"cmd = ['rm']\ncmd[7] = 'x'\ncmd[-9] = 'y'\ncmd.insert(99, 'z')\ncmd.append()\n{RUN}",
    "slices": f"cmd = ['rm', '-f']\ncmd[1:] = path\ndel cmd[0]\ncmd = cmd[::-1]\n{RUN}",
    "no words": "execute(run_as_root=True)\nexecute(*[], run_as_root=True)\nexecute('', run_as_root=True)\n",
    "words of other kinds": "execute(None, True, 1.5, b'x', ..., 1j, {}, {1}, run_as_root=True)\n",
    "odd flags": "execute('a', run_as_root=1)\nexecute('a', run_as_root='no')\nexecute('a', run_as_root=None)\n",
    "odd imports": "from . import x\nfrom .... import y\nfrom x import *\nx.execute('a', run_as_root=True)\n",
    "a NUL character": f"{CALL}\n\0\n",
    "a form feed": f"\f{CALL}\n\f\nx = 1\n",
    "only a carriage return": f"{CALL}\r{CALL}\r",
    "a last line without an end": CALL,
    # what leads back to itself
    "a wrapper of itself": "def f(*cmd):\n    return f(*cmd, run_as_root=True)\nf('ls')\n",
    "wrappers of each other": (
        "def f(*c, **k):\n    return g(*c, **k)\n"
        "def g(*c, **k):\n    utils.execute(*c, **k)\n    return f(*c, **k)\n"
        "f('ls', run_as_root=True)\n"
    ),
    "a wrapper that adds to itself": "def f(*cmd):\n    execute(*cmd, run_as_root=True)\n    f('x', *cmd)\nf()\n",
    "classes in a circle": "class A(B): pass\nclass B(A):\n    def r(self, *c):\n        run(*c, run_as_root=True)\n",
    "a class of itself": "class A(A):\n    def _r(self, *c):\n        self._r(*c, run_as_root=True)\n",
    "names in a circle": "a = b\nb = a\nutils.execute(a, b, run_as_root=True)\n",
    "constants in a circle": "A = ['x'] + B\nB = A\ndef f():\n    utils.execute(*A, run_as_root=True)\n",
    "executors in a circle": "run = go\ngo = run\nrun('a', run_as_root=True)\n",
    "a list in itself": f"cmd = ['a']\ncmd.append(cmd)\ncmd.extend(cmd)\n{RUN}",
    "a mapping in itself": "k = {}\nk.update(k)\nk = dict(k, **k)\nutils.execute('a', **k, run_as_root=True)\n",
}
