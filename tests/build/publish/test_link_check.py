import pytest

from diamond_cutter.build.publish.link_check import BrokenSite, LinkCheck, check_files

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
    LinkCheck(PATHS.__contains__, "https://me.example/").check("a/b/index.html", html)


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
        LinkCheck(PATHS.__contains__, "https://me.example/").check("a/b/index.html", html)


def test_what_neighbours_name_in_the_same_words_is_looked_up_once() -> None:
    asked: list[str] = []
    check = LinkCheck(lambda path: not asked.append(path), "")
    html = '<a href="../">up</a> <img src="x.jpg" alt="">'
    for path in ("a/b/index.html", "a/c/index.html", "index.html"):
        check.check(path, html)
    assert sorted(asked[:2]) == ["a/b/x.jpg", "a/index.html"]
    assert asked[2] == "a/c/x.jpg"
    assert sorted(asked[3:]) == ["../index.html", "x.jpg"]


def test_a_file_that_was_not_written_is_named() -> None:
    check_files(PATHS, ["a/index.html"])
    with pytest.raises(BrokenSite, match=r"1 files were not written, a/c/index\.html first"):
        check_files(PATHS, ["a/c/index.html", "a/index.html"])


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://pictures.example/p/a/b/x.jpg" alt="">',
        '<a href="https://pictures.example/p/a/b/x.jpg">the whole</a> <a href="../">up</a>',
        '<meta property="og:image" content="https://pictures.example/p/a/b/x.jpg">',
        '<a href="https://example.org/figure.png">elsewhere, but only if one asks for it</a>',
    ],
)
def test_pictures_may_lie_elsewhere(html: str) -> None:
    check = LinkCheck(PATHS.__contains__, "https://me.example/", "https://pictures.example/p/")
    check.check("a/b/index.html", html)


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ('<img src="x.jpg" alt="">', "does not lie below https://pictures.example/p/"),
        ('<img src="../b/x.jpg" alt="">', "does not lie below https://pictures.example/p/"),
        ('<img src="https://pictures.example/p/a/y.jpg">', "leads to a/y.jpg, which is not there"),
        ('<img src="https://pictures.example/x.jpg">', "from elsewhere"),
        ('<img src="https://example.org/x.jpg">', "from elsewhere"),
        ('<script src="https://pictures.example/p/x.js">', "from elsewhere"),
        ('<meta property="og:image" content="x.jpg">', "does not lie below"),
    ],
)
def test_pictures_that_lie_elsewhere_lie_there_and_nothing_else_does(
    html: str, message: str
) -> None:
    check = LinkCheck(PATHS.__contains__, "https://me.example/", "https://pictures.example/p/")
    with pytest.raises(BrokenSite, match=message):
        check.check("a/b/index.html", html)
