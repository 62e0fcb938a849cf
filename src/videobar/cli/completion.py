"""Scripts that complete commands, flags and their words in bash, zsh and fish."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from videobar.cli.arguments import Argument, Command

SHELL_WORD = re.compile(r"[^\w@%+=:,./-]")


@dataclass(frozen=True)
class Node:
    """A place in the tree: the words that lead there, what can follow and what each of that is for."""

    path: tuple[str, ...]
    words: tuple[tuple[str, str], ...] = ()
    arguments: tuple[Argument, ...] = ()

    @property
    def key(self) -> str:
        """The path as one text; empty at the root."""
        return " ".join(self.path)


def tree(
    commands: Sequence[Command],
    everywhere: Sequence[Argument],
    areas: Mapping[str, str],
    others: Mapping[str, Node],
) -> list[Node]:
    """All places: the root, the areas, the commands, and by summary the `others`, which talk to no room."""
    nodes = [Node(one.path, _choices_of_positional(one), (*one.arguments, *everywhere)) for one in commands]
    for area in areas:
        inner = tuple((one.path[1], _line(one.summary)) for one in commands if one.path[0] == area)
        nodes.append(Node((area,), inner, tuple(everywhere)))
    nodes += others.values()
    singles = [(one.path[0], _line(one.summary)) for one in commands if len(one.path) == 1]
    singles += [(node.path[0], summary) for summary, node in others.items()]
    nodes.append(Node((), (*singles, *areas.items()), tuple(everywhere) if commands else ()))
    return sorted(nodes, key=lambda node: node.path)


def _choices_of_positional(command: Command) -> tuple[tuple[str, str], ...]:
    return tuple((word, "") for one in command.arguments if not one.flags for word in one.choices)


def _line(text: str) -> str:
    return " ".join(text.replace("`", "'").split()).rstrip(".")


def bash(nodes: Sequence[Node]) -> str:
    """The script for bash 4 and later."""
    lines = [
        "# videobar completion for bash: source it, or keep it in ~/.local/share/bash-completion/completions/videobar",
        "_videobar() {",
        "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= word words= value=",
        "  COMPREPLY=()",
        '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
        "    if [[ $value ]]; then value=; continue; fi",
        '    case "$path/$word" in',
        f"      {_valued(nodes)}) value=1 ;;",
        *(f"      {_quoted(_edge(node))}) path={_quoted(node.key)} ;;" for node in nodes if node.path),
        "    esac",
        "  done",
        '  case "$path/$previous" in',
        *(f"    {edge}) words={_quoted(' '.join(words))} ;;" for edge, words in _values(nodes)),
        *(f'    {edge}) COMPREPLY=($(compgen -f -- "$current")); return ;;' for edge in _files(nodes)),
        *(f"    {edge}) return ;;" for edge in _free(nodes)),
        "    *)",
        '      case "$path" in',
        *(f"        {_quoted(node.key)}) words={_quoted(' '.join(_followers(node)))} ;;" for node in nodes),
        "      esac ;;",
        "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
        *('  [[ ${COMPREPLY[0]-} ]] || COMPREPLY=($(compgen -f -- "$current"))',),
        "}",
        "complete -F _videobar videobar",
    ]
    return "\n".join(lines) + "\n"


def _edge(node: Node) -> str:
    """`path/word` of the step that leads to a node."""
    return f"{' '.join(node.path[:-1])}/{node.path[-1]}"


def _flags(nodes: Sequence[Node]) -> Iterator[tuple[Node, Argument, str]]:
    for node in nodes:
        for argument in node.arguments:
            for flag in argument.flags if argument.takes_value else ():
                yield node, argument, flag


def _values(nodes: Sequence[Node]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Flags whose words can be listed."""
    for node, argument, flag in _flags(nodes):
        if argument.choices:
            yield _quoted(f"{node.key}/{flag}"), argument.choices


def _files(nodes: Sequence[Node]) -> Iterator[str]:
    for node, argument, flag in _flags(nodes):
        if argument.is_file:
            yield _quoted(f"{node.key}/{flag}")


def _free(nodes: Sequence[Node]) -> Iterator[str]:
    """Flags whose value nobody can guess."""
    for node, argument, flag in _flags(nodes):
        if not argument.is_file and not argument.choices:
            yield _quoted(f"{node.key}/{flag}")


def _always_valued(nodes: Sequence[Node]) -> tuple[list[str], list[str]]:
    """Flags whose next word is a value: those that are so wherever they exist, and `path/flag` of the others."""
    valued = {flag for _, _, flag in _flags(nodes)}
    switches = {
        spelling
        for node in nodes
        for argument in node.arguments
        for spelling in argument.spellings
        if not argument.takes_value
    }
    mixed = [f"{node.key}/{flag}" for node, _, flag in _flags(nodes) if flag in switches]
    return sorted(valued - switches), mixed


def _valued(nodes: Sequence[Node]) -> str:
    always, mixed = _always_valued(nodes)
    return "|".join([*(f"*/{flag}" for flag in always), *map(_quoted, mixed)])


def _fish_valued(nodes: Sequence[Node]) -> str:
    always, mixed = _always_valued(nodes)
    return " ".join([*(_fish(f"*/{flag}") for flag in always), *map(_fish, mixed)])


def _followers(node: Node) -> Iterator[str]:
    yield from (word for word, _ in node.words)
    for argument in node.arguments:
        yield from argument.spellings
    yield "--help"


def zsh(nodes: Sequence[Node]) -> str:
    """The script for zsh."""
    lines = [
        "#compdef videobar",
        "# videobar completion for zsh: keep it as _videobar in a directory of $fpath",
        "_videobar() {",
        "  local path_= word value= previous=${words[CURRENT-1]}",
        "  local -a found",
        '  for word in "${(@)words[2,CURRENT-1]}"; do',
        "    if [[ -n $value ]]; then value=; continue; fi",
        '    case "$path_/$word" in',
        f"      {_valued(nodes)}) value=1 ;;",
        *(f"      {_quoted(_edge(node))}) path_={_quoted(node.key)} ;;" for node in nodes if node.path),
        "    esac",
        "  done",
        '  case "$path_/$previous" in',
        *(
            f"    {edge}) compadd -- {' '.join(map(_quoted, words))}; return ;;"
            for edge, words in _values(nodes)
        ),
        *(f"    {edge}) _files; return ;;" for edge in _files(nodes)),
        *(f"    {edge}) return 1 ;;" for edge in _free(nodes)),
        "  esac",
        '  case "$path_" in',
        *(f"    {_quoted(node.key)}) found=({' '.join(_zsh_words(node))}) ;;" for node in nodes),
        "  esac",
        "  _describe videobar found || _files",
        "}",
        'if [[ "$funcstack[1]" == _videobar ]]; then _videobar "$@"; else compdef _videobar videobar; fi',
    ]
    return "\n".join(lines) + "\n"


def _zsh_words(node: Node) -> Iterator[str]:
    for word, meaning in _described(node):
        yield _quoted(word.replace(":", "\\:") + (f":{meaning}" if meaning else ""))


def _described(node: Node) -> Iterator[tuple[str, str]]:
    """What can follow at a node, with what it means."""
    yield from node.words
    for argument in node.arguments:
        for spelling in argument.spellings:
            yield spelling, _line(argument.meaning)


def fish(nodes: Sequence[Node]) -> str:
    """The script for fish."""
    lines = [
        "# videobar completion for fish: keep it as ~/.config/fish/completions/videobar.fish",
        "function __videobar_path",
        "  set -l path ''",
        "  set -l value ''",
        "  for word in (commandline -opc)[2..-1]",
        "    if test -n \"$value\"; set value ''; continue; end",
        '    switch "$path/$word"',
        f"      case {_fish_valued(nodes)}",
        "        set value 1",
        *(
            f"      case {_fish(_edge(node))}\n        set path {_fish(node.key)}"
            for node in nodes
            if node.path
        ),
        "    end",
        "  end",
        "  echo $path",
        "end",
        "function __videobar_at",
        '  test (__videobar_path) = "$argv[1]"',
        "end",
        "complete -c videobar -f",
        *(line for node in nodes for line in _fish_node(node)),
    ]
    return "\n".join(lines) + "\n"


def _fish_node(node: Node) -> Iterator[str]:
    start = f"complete -c videobar -n {_fish('__videobar_at ' + _fish(node.key))}"
    for word, meaning in node.words:
        yield f"{start} -a {_fish(word)}" + (f" -d {_fish(meaning)}" if meaning else "")
    for argument in node.arguments:
        if not argument.flags:
            if argument.is_file:
                yield f"{start} -F"
            continue
        names = " ".join(
            f"-l {_fish(name[2:])}" if name.startswith("--") else f"-s {name[1:]}"
            for name in argument.spellings
        )
        value = " -x" if argument.takes_value else ""
        if argument.choices:
            value = f" -x -a {_fish(' '.join(argument.choices))}"
        elif argument.is_file:
            value = " -r -F"
        yield f"{start} {names}{value} -d {_fish(_line(argument.meaning))}"


def _quoted(text: str) -> str:
    """The text as one word of bash and zsh."""
    if text and not SHELL_WORD.search(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS: Mapping[str, Callable[[Sequence[Node]], str]] = MappingProxyType(
    {"bash": bash, "zsh": zsh, "fish": fish}
)
"""How to write the script of each shell."""
