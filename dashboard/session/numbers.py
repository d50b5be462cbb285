"""Numbers as they are written on screen and paper: no bare point, no trailing zero ("0.5 mg", "5 mg")."""


def num(value: float, decimals: int = 2) -> str:
    """At most `decimals` decimals; a small number keeps two significant digits instead of becoming 0."""
    text = f"{value:.{decimals}f}"
    if value and not float(text):
        return f"{value:.2g}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
