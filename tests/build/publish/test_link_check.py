import pytest

from diamond_cutter.build.publish.link_check import BrokenSite, check_files, check_links

PATHS = {"index.html", "a/index.html", "a/b/index.html", "a/b/x.jpg", "style.css", "index.json"}


@pytest.mark.parametrize(
    "html",
    [
        '<a href="../">up</a> <a href="../../">top</a> <a href="./">here</a>',
        '<img src="x.jpg" alt=""> <link rel="stylesheet" href="../../style.css">',
        '<a href="./?sort=score">sorted</a><a href="../b/?x=1&amp;y=2#z">other</a>',
        '<h2 id="part">Part</h2><a href="#part">to it</a>',
        '<a href="https://example.org/paper">elsewhere, but only if one asks for it</a>',
        '<meta property="og:image" content="x.jpg">',
        '<meta property="og:image" content="https://me.example/a/b/x.jpg">',
        '<link rel="canonical" href="https://me.example/">',
    ],
)
def test_what_resolves_is_let_through(html: str) -> None:
    check_links("a/b/index.html", html, PATHS, "https://me.example/")


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ('<a href="../c/">', "leads to a/c/index.html"),
        ('<img src="y.jpg" alt="">', "leads to a/b/y.jpg"),
        ('<a href="../..">', "which is not there"),
        ('<a href="../../../">', "which is not there"),
        ('<a href="/a/">', "not a relative address"),
        ('<a href="//example.org/">', "not a relative address"),
        ('<a href="javascript:alert(1)">', "not a relative address"),
        ('<a href="http://example.org/">', "not a relative address"),
        ('<a href="#part">', "no element of the page"),
        ('<img alt="" src="https://example.org/x.jpg">', "from elsewhere"),
        ('<script type="module" src="https://example.org/x.js">', "from elsewhere"),
        ('<link rel="stylesheet" href="//example.org/x.css">', "from elsewhere"),
        ('<meta property="og:image" content="https://me.example/gone.jpg">', "gone.jpg"),
        ('<meta property="og:image" content="gone.jpg">', "gone.jpg"),
    ],
)
def test_what_does_not_resolve_or_is_loaded_from_elsewhere_is_refused(
    html: str, message: str
) -> None:
    with pytest.raises(BrokenSite, match=message):
        check_links("a/b/index.html", html, PATHS, "https://me.example/")


def test_a_file_that_was_not_written_is_named() -> None:
    check_files(PATHS, ["a/index.html"])
    with pytest.raises(BrokenSite, match=r"1 files were not written, a/c/index\.html first"):
        check_files(PATHS, ["a/c/index.html", "a/index.html"])
