"""What a study is going to do, and how long it takes, as a person reads it in a terminal."""

from collections.abc import Iterator
from textwrap import fill

from rich.table import Table

from diamond_cutter.precompute.jobs.display import duration
from diamond_cutter.precompute.study.forecast.study_forecast import StudyForecast
from diamond_cutter.precompute.study.study_text import count


def forecast_table(forecast: StudyForecast) -> Table:
    """The backbones: cuts, weights, what is to be passed, and the time of each."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("backbone", overflow="fold")
    for figure in ("cuts", "weights", "GFLOPs", "to pass", "time"):
        table.add_column(figure, justify="right", no_wrap=True)
    for each in forecast.models:
        table.add_row(
            each.model,
            f"{len(each.cuts)}" if each.cuts else "?",
            each.weights,
            "?" if each.gflops is None else f"{each.gflops:.2f}",
            count(each.photos_missing, "photo"),
            duration(sum(each.seconds.values())),
        )
    return table


def describe_forecast(forecast: StudyForecast) -> Iterator[str]:
    """What is planned in all, in lines."""
    yield (
        f"{forecast.study}: {count(forecast.photos, 'photo')} of "
        f"{count(len(forecast.classes), 'class', 'classes')}, "
        f"{count(len(forecast.models), 'backbone')}, "
        f"{count(sum(len(each.cuts) for each in forecast.models), 'cut')}. Nothing was run."
    )
    told = [f"{step.step} {duration(step.seconds)}" for step in forecast.steps if step.seconds]
    yield f"About {duration(forecast.seconds)}" + (f": {', '.join(told)}" if told else "")
    if forecast.download_bytes:
        yield f"To download: about {_megabytes(forecast.download_bytes)}"
    for each in forecast.models:
        if each.download_bytes is None:
            yield f"{each.model}: its weights are not here, and do not come by themselves"
    yield f"On disk: about {_megabytes(forecast.disk_bytes)}"
    if forecast.measured_by:
        yield fill(f"Known from {'; '.join(forecast.measured_by)}.", 88)


def _megabytes(size: int) -> str:
    return f"{max(size / 1e6, 1):,.0f} MB"
