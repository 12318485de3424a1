"""The graphs of ../engine/definitions.ts, in Dagster."""

import os
import time

import dagster as dg

MARKS = os.environ["BENCH_MARKS"]
CHAIN_STEPS = int(os.environ["BENCH_CHAIN_STEPS"])
EXECUTOR = dg.in_process_executor if os.environ["BENCH_TUNED"] == "1" else None


@dg.asset
def triggered(context: dg.AssetExecutionContext) -> None:
    with open(os.path.join(MARKS, context.run_id), "w") as mark:
        mark.write(str(time.time()))


def link(index: int) -> dg.AssetsDefinition:
    @dg.asset(name=f"chain_{index:03}", deps=[f"chain_{index - 1:03}"] if index > 0 else [])
    def step() -> None:
        pass

    return step


fan_keys = dg.StaticPartitionsDefinition([f"key-{index:06}" for index in range(1000)])


def fan(name: str, deps: list[str]) -> dg.AssetsDefinition:
    @dg.asset(name=name, deps=deps, partitions_def=fan_keys)
    def step() -> None:
        pass

    return step


links = [link(index) for index in range(CHAIN_STEPS)]
middles = [f"fan_middle{index}" for index in range(6)]
fans = [fan("fan_first", []), *[fan(name, ["fan_first"]) for name in middles], fan("fan_last", middles)]

defs = dg.Definitions(
    assets=[triggered, *links, *fans],
    jobs=[
        dg.define_asset_job("trigger", selection=[triggered]),
        dg.define_asset_job("chain", selection=links),
    ],
    executor=EXECUTOR,
)
