"""The public face for a server to load: `granian … bench.kit.served:app` over `BENCH_URL`."""

from __future__ import annotations

import os

from bench.kit.ground import face

app = face("public", os.environ["BENCH_URL"])
