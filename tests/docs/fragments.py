"""Runs blocks of Python as in `python -m asyncio`, with `room` an open room. Arguments: JSON, port, password."""

import ast
import asyncio
import inspect
import json
import sys

from videobar import AsyncRoom


async def main(blocks: list[tuple[int, str]], port: int, password: str) -> None:
    async with AsyncRoom("127.0.0.1", port=port, password=password, insecure=True) as room:
        names = {}
        for line, text in blocks:
            names["room"] = room
            print(f"{line}: {text}")
            result = eval(compile(text, "page", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
            if inspect.isawaitable(result):
                await result


asyncio.run(main(json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
