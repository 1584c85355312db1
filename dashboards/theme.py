"""The one theme: type, colours and spacing of every page. Sizes follow an 8-px rhythm."""

from typing import Any

from workbench.present.chart import FACES

_PETROL = ["#eef6f8", "#dcebf0", "#b5d5df", "#8abecd", "#65a9bd", "#4a99b1", "#368aa3", "#1f6f8b", "#175b73", "#0d4558"]

THEME: dict[str, Any] = {
    "fontFamily": FACES,
    "headings": {"fontFamily": FACES, "fontWeight": "600"},
    "primaryColor": "petrol",
    "primaryShade": {"light": 7, "dark": 4},
    "colors": {"petrol": _PETROL},
    "defaultRadius": "md",
    "spacing": {"xs": "8px", "sm": "12px", "md": "16px", "lg": "24px", "xl": "32px"},
    "fontSizes": {"xs": "13px", "sm": "14px", "md": "16px", "lg": "18px", "xl": "22px"},
    "components": {
        "Card": {"defaultProps": {"withBorder": True, "padding": "md", "radius": "md"}},
        "Button": {"defaultProps": {"radius": "md"}},
        "Accordion": {"defaultProps": {"radius": "md", "variant": "separated", "chevronPosition": "left"}},
    },
}
