"""Icons of our own, drawn as inline SVG: nothing is fetched, and they take the colour of the text beside them."""

from urllib.parse import quote

from dash import html

#: Name -> what goes inside a 24 by 24 SVG; strokes only, so that one mask serves both themes.
SHAPES: dict[str, str] = {
    "eye": "<path d='M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12z'/><circle cx='12' cy='12' r='3'/>",
    "drip": "<path d='M8 2h8v8a4 4 0 0 1-8 0zM8 6h8M12 14v3M12 19v3'/>",
    "pause": "<path d='M8 5v14M16 5v14'/>",
    "pill": "<rect x='2.5' y='8' width='19' height='8' rx='4' transform='rotate(-40 12 12)'/><path d='M9.5 9l5 6'/>",
    "face": "<circle cx='12' cy='12' r='9'/><path d='M8.5 16c1-1.6 6-1.6 7 0M9 9.5v.5M15 9.5v.5'/>",
    "pulse": "<path d='M2 12h5l2.5-6 5 12 2.5-6h5'/>",
    "note": "<path d='M5 3h10l4 4v14H5zM14 3v5h5M8 13h8M8 17h6'/>",
    "siren": "<path d='M6 18v-6a6 6 0 0 1 12 0v6M3 21h18M12 2v1M4 5l1 1M20 5l-1 1'/>",
    "person": "<circle cx='12' cy='8' r='4'/><path d='M4 21c1-5 4-7 8-7s7 2 8 7'/>",
    "theme": "<circle cx='12' cy='12' r='8'/><path d='M12 4v16M12 8l5-1M12 12h8M12 16l5 1'/>",
    "sound": "<path d='M3 9v6h4l5 4V5L7 9zM16 9c1.5 1.5 1.5 4.5 0 6M18.5 6.5c3 3 3 8 0 11'/>",
    "bell-off": "<path d='M6 17V11a6 6 0 0 1 9-5.2M18 11v6M4 17h16M10 21h4M3 3l18 18'/>",
    "limits": "<path d='M3 6h18M3 18h18M4 13l4-2 4 3 4-6 4 3' />",
    "keys": "<rect x='2' y='6' width='20' height='12' rx='2'/><path d='M6 10h.5M10 10h.5M14 10h.5M18 10h.5M7 14h10'/>",
    "finish": "<path d='M5 21V4h13l-3 4 3 4H5'/>",
    "log": "<path d='M4 6h.5M4 12h.5M4 18h.5M8 6h12M8 12h12M8 18h12'/>",
    "home": "<path d='M14 6l-6 6 6 6'/>",
    "check": "<path d='M4 12.5l5.5 5.5L20 6.5'/>",
}


def icon(name: str) -> html.Span:
    """The icon `name` as wide as the text is high. Hidden from screen readers: the words beside it say it."""
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='black' stroke-width='2' "
        f"stroke-linecap='round' stroke-linejoin='round'>{SHAPES[name]}</svg>"
    )
    image = f'url("data:image/svg+xml,{quote(svg)}")'
    return html.Span(className="icon", style={"maskImage": image, "WebkitMaskImage": image}, **{"aria-hidden": "true"})
