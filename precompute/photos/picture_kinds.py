"""Files that people take for photos: what they are, by name and by first bytes, and what to do."""

import re

PHOTO_KINDS = "JPEG, PNG, WebP, GIF, BMP, TIFF, PPM or JPEG 2000"

_DEEP = "convert it to PNG or TIFF, of 16 bits where it has more than 8"
_SAVE = "save each of its pictures as a file in the folder of its class"
_ADVICE = {
    "A DICOM image": _DEEP,
    "A FITS image": _DEEP,
    "A NIfTI volume": f"save its slices, and {_DEEP}",
    "A microscope's file": _DEEP,
    "A NumPy array": f"save its images, and {_DEEP}",
    "A Parquet file": _SAVE,
    "A TFRecord file": _SAVE,
    "A spreadsheet": "save its table as a CSV beside the photos",
    "A video": "save some of its frames, if they are to be photos",
    "A zip archive": "unpack it",
}
"""What is to be done with a kind, where that is not to convert it."""

_STARTS = {
    rb"8BPS": "A Photoshop file",
    rb"%!PS|\xc5\xd0\xd3\xc6": "A PostScript file",
    rb"%PDF": "A PDF",
    rb"\x00\x00\x00\x0cJXL |\xff\x0a": "A JPEG XL image",
    rb"\x00\x00\x01\x00": "An icon",
    rb"PK\x03\x04": "A zip archive",
    rb"<svg": "An SVG drawing",
    rb"<\?xml": "An XML file",
    rb"<!DOCTYPE|<html": "A web page",
    rb"FUJIFILMCCD-RAW": "A camera's raw file",
    rb".{128}DICM": "A DICOM image",
    rb"SIMPLE  =": "A FITS image",
    rb"\x76\x2f\x31\x01": "An OpenEXR image",
    rb"#\?RADIANCE": "A Radiance image",
    rb"DDS ": "A DDS texture",
    rb"\x93NUMPY": "A NumPy array",
    rb".{4}ftyp(heic|heix|hevc|hevx|mif1|msf1)": "A HEIC image",
    rb".{4}ftyp(avif|avis)": "An AVIF image",
    rb".{4}ftypcrx ": "A camera's raw file",
    rb".{4}ftyp|\x1a\x45\xdf\xa3|RIFF.{4}AVI ": "A video",
}
"""How they begin, as patterns; those of the ISO base media format by their brands."""

_SUFFIXES = {
    "hei[cf]": "A HEIC image",
    "avif": "An AVIF image",
    "jxl": "A JPEG XL image",
    "raw|cr[23]|nef|arw|dng|orf|rw2|raf|pef|srw": "A camera's raw file",
    "psd": "A Photoshop file",
    "xcf": "A GIMP file",
    "svg": "An SVG drawing",
    "ico": "An icon",
    "eps|ps": "A PostScript file",
    "dcm|dicom": "A DICOM image",
    "nii": "A NIfTI volume",
    "fits?|fts": "A FITS image",
    "exr": "An OpenEXR image",
    "hdr": "A Radiance image",
    "tga": "A TGA image",
    "pcx": "A PCX image",
    "dds": "A DDS texture",
    "czi|lif|nd2|svs|ndpi|mrxs|vsi|scn|oib|oif": "A microscope's file",
    "np[yz]": "A NumPy array",
    "parquet": "A Parquet file",
    "xls[xmb]?|ods|numbers": "A spreadsheet",
    "tf_?rec(ord)?s?([-_].*)?": "A TFRecord file",
}

HEAD = 132
"""Bytes that tell what a file is: DICOM's begin with 128 of anything."""


def kind_of_content(head: bytes) -> str:
    """What a file is that begins with `head`, `HEAD` bytes of it; empty if that is not known."""
    known = (kind for start, kind in _STARTS.items() if re.match(start, head, re.DOTALL))
    return next(known, "")


def kind_of_suffix(suffix: str) -> str:
    """What a file is whose name ends so, in small letters without a dot; empty if not known."""
    known = (kind for pattern, kind in _SUFFIXES.items() if re.fullmatch(pattern, suffix))
    return next(known, "")


def refusal(kind: str) -> str:
    """Why a file of that kind is not taken, and what to do, in a sentence."""
    return f"{kind}: expected {PHOTO_KINDS}; {_ADVICE.get(kind, 'convert it')}."
