"""100,000 partitions of one asset, apart from the other graphs: they alone slow a start down."""

import os

import dagster as dg

keys = dg.StaticPartitionsDefinition([f"key-{index:06}" for index in range(100_000)])


@dg.asset(partitions_def=keys)
def drained() -> None:
    pass


defs = dg.Definitions(
    assets=[drained],
    executor=dg.in_process_executor if os.environ["BENCH_TUNED"] == "1" else None,
)
