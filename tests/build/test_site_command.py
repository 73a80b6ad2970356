import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from diamond_cutter.build.publish.build_progress import Progress
from diamond_cutter.command.main import main


def count_pages(site: Path) -> int:
    return sum(1 for _ in site.rglob("*.html"))


def test_it_writes_the_site_and_says_where_and_what_next(
    small_atlas: str,
    small_study: str,
    small_site: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = shutil.copytree(small_site, tmp_path / "site")
    stores = ["--store", small_atlas, "--studies", small_study]
    assert main(["site", *stores, "--output", str(output)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{output}: {count_pages(small_site)} pages, ")
    assert "0 files are new or changed" in captured.out
    assert captured.out.endswith(f"diamond serve --output {output}\n")


def test_the_settings_file_names_the_stores_and_the_output(
    small_atlas: str,
    small_study: str,
    small_site: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(small_site, tmp_path / "public")
    (tmp_path / "diamond.toml").write_text(
        f'[atlas]\nstore = "{small_atlas}"\n[site]\noutput = "public"\n'
        f'[study.pets]\nstore = "{small_study}"\n[study.later]\nstore = "not-yet.zarr"\n'
    )
    monkeypatch.chdir(tmp_path)
    assert main(["site"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"public: {count_pages(small_site)} pages")
    assert "0 files are new or changed" in captured.out


def test_a_study_makes_a_site_before_there_is_an_atlas(
    small_study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "diamond.toml").write_text(f'[study.pets]\nstore = "{small_study}"\n')
    monkeypatch.chdir(tmp_path)
    assert main(["site"]) == 0
    home = (tmp_path / "site/index.html").read_text()
    assert 'href="studies/pets/"' in home
    assert "No model yet" in home
    assert not (tmp_path / "site/models").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--store", "none.zarr"], "no atlas at none.zarr"),
        (["--studies", "none.zarr"], "no studies at none.zarr"),
        (["--address", "example.org"], "--address: expected the site's address"),
        (["--output", "mine"], "mine: expected a site made by `diamond site`, or nothing"),
        (["--recipe", "preview"], "unrecognized arguments: --recipe"),
    ],
)
def test_what_the_user_can_mend_is_one_line_and_exit_status_2(
    small_atlas: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    assert main(["site", "--store", small_atlas, *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("diamond: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "site").exists()


def test_neither_site_nor_serve_loads_tensorflow(small_atlas: str, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from diamond_cutter.command.main import main\n"
        "assert main(['serve', '--output', sys.argv[2] + '/none']) == 2\n"
        "assert 'diamond_cutter.build.whole_site' not in sys.modules\n"
        "assert 'diamond_cutter.precompute.stores' not in sys.modules\n"
        "assert main(['site', '--store', sys.argv[1], '--output', sys.argv[2] + '/site']) == 0\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'tensorflow', 'keras', 'dask', 'distributed'}, loaded\n"
        "ours = {name for name in sys.modules if name.startswith('diamond_cutter.precompute.')}\n"
        "contract = 'diamond_cutter.precompute.stores'\n"
        "assert all(name.startswith(contract) for name in ours), ours\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, small_atlas, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_progress_is_a_line_a_step_in_a_log_and_a_bar_on_a_terminal() -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    log, terminal = StringIO(), Terminal()
    for stream in (log, terminal):
        with Progress(stream) as progress:
            for done in range(5):
                progress.report("pages", done, 4)
            progress.report("checking", 0, 0)
    assert log.getvalue() == "site: pages: 4 done\n"
    assert "4/4" in terminal.getvalue()
