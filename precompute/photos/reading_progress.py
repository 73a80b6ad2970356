"""What is shown while a dataset is read: files by their number, archives and downloads by size."""

from diamond_cutter.precompute.jobs.display import StepProgress
from diamond_cutter.precompute.photos.file_entry import Progress

SIZED = ("downloading", "unpacking")
"""The steps of which bytes are told; of all others, files."""


def show_reading(steps: StepProgress) -> Progress:
    """What `read_dataset` tells its progress to."""
    files, kilobytes = steps.progress("files"), steps.progress("kB")

    def show(step: str, done: int, total: int) -> None:
        if step in SIZED:
            kilobytes(step, -(-done // 1000), -(-total // 1000))
        else:
            files(step, done, total)

    return show
