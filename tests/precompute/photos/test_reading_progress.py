"""What is shown while archives are unpacked and photos are read: sizes are no files."""

import io
import zipfile
from pathlib import Path

from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.photos.reading_progress import show_reading
from diamond_cutter.precompute.photos.sources.dataset_source import open_dataset


def test_a_zip_is_told_by_its_size_and_photos_by_their_number(tmp_path: Path) -> None:
    file = tmp_path / "set.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(3):
            archive.writestr(f"cat/{number}.jpg", b"\xff\xd8\xff" + bytes(2000))
    stream = io.StringIO()
    show = show_reading(StepProgress(open_display(stream)))
    open_dataset(DatasetSettings(str(file)), tmp_path / "cache", show)
    assert file.stat().st_size == 6313
    assert stream.getvalue().splitlines()[-1] == "unpacking: 7 of 7 kB (100 %)"
    show("reading photos", 3, 3)
    assert stream.getvalue().splitlines()[-1] == "reading photos: 3 of 3 files (100 %)"
