"""`python -m bench`: every measurement on one server; names choose some of them."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from bench.kit import server

ALL = ("sheets", "importing", "paying", "pages", "public", "memory",
       "peers.import_export.compare")  # fmt: skip


def main(names: list[str]) -> None:
    with server.server() as home:
        os.environ["BENCH_PG"] = str(home)
        for name in names or ALL:
            print(f"\n== {name}", flush=True)
            import_module(f"bench.{name}").main()


main(sys.argv[1:])
