"""What is chosen where nobody says: a garment's usual shape, which of those choices is worth a note, the order of layers, a motion's length."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "dress": {
        "silhouette": "a_line",
        "neckline": "scoop",
        "sleeve": "sleeveless",
        "length": "midi",
        "fabric": "cotton",
    },
    "skirt": {
        "silhouette": "a_line",
        "neckline": "crew",
        "sleeve": "sleeveless",
        "length": "knee",
        "fabric": "cotton",
    },
    "t_shirt": {
        "silhouette": "straight",
        "neckline": "crew",
        "sleeve": "short",
        "length": "hip",
        "fabric": "knit",
    },
    "tank_top": {
        "silhouette": "straight",
        "neckline": "scoop",
        "sleeve": "sleeveless",
        "length": "hip",
        "fabric": "knit",
    },
    "sweater": {
        "silhouette": "straight",
        "neckline": "crew",
        "sleeve": "long",
        "length": "hip",
        "fabric": "knit",
    },
    "hoodie": {
        "silhouette": "straight",
        "neckline": "hood",
        "sleeve": "long",
        "length": "hip",
        "fabric": "knit",
    },
    "shirt": {
        "silhouette": "straight",
        "neckline": "shirt_collar",
        "sleeve": "long",
        "length": "hip",
        "fabric": "cotton",
    },
    "blouse": {
        "silhouette": "straight",
        "neckline": "v",
        "sleeve": "long",
        "length": "hip",
        "fabric": "cotton",
    },
    "vest": {
        "silhouette": "straight",
        "neckline": "v",
        "sleeve": "sleeveless",
        "length": "hip",
        "fabric": "wool",
    },
    "jacket": {
        "silhouette": "straight",
        "neckline": "shirt_collar",
        "sleeve": "long",
        "length": "hip",
        "fabric": "cotton",
    },
    "coat": {
        "silhouette": "a_line",
        "neckline": "lapel",
        "sleeve": "long",
        "length": "knee",
        "fabric": "wool",
    },
    "jumpsuit": {
        "silhouette": "straight",
        "neckline": "scoop",
        "sleeve": "sleeveless",
        "length": "ankle",
        "fabric": "cotton",
    },
    "trousers": {
        "silhouette": "straight",
        "neckline": "crew",
        "sleeve": "sleeveless",
        "length": "ankle",
        "fabric": "cotton",
    },
    "shorts": {
        "silhouette": "straight",
        "neckline": "crew",
        "sleeve": "sleeveless",
        "length": "mini",
        "fabric": "cotton",
    },
}
RELEVANT: Mapping[str, frozenset[str]] = {
    # choices worth a note when nobody made them
    "dress": frozenset({"silhouette", "neckline", "sleeve", "length", "fabric"}),
    "skirt": frozenset({"silhouette", "length", "fabric"}),
    "t_shirt": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "tank_top": frozenset({"length", "fabric"}),
    "sweater": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "hoodie": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "shirt": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "blouse": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "jacket": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "coat": frozenset({"silhouette", "neckline", "length", "fabric"}),
    "vest": frozenset({"neckline", "length", "fabric"}),
    "jumpsuit": frozenset({"silhouette", "neckline", "sleeve", "fabric"}),
    "trousers": frozenset({"silhouette", "length", "fabric"}),
    "shorts": frozenset({"length", "fabric"}),
}
LAYER_ORDER = (
    "trousers",
    "shorts",
    "skirt",
    "tank_top",
    "t_shirt",
    "blouse",
    "shirt",
    "dress",
    "jumpsuit",
    "sweater",
    "hoodie",
    "vest",
    "jacket",
    "coat",
)
DEFAULT_SECONDS: Mapping[str, float] = {
    "stand": 2.0,
    "walk": 2.2,
    "catwalk": 6.0,
    "turn": 6.0,
    "raise_arms": 3.0,
    "sit": 4.0,
    "squat": 3.0,
    "jump": 2.7,
    "reach": 5.0,
    "lunge": 3.6,
}
DEFAULT_VIEWS: Mapping[int, tuple[float, ...]] = {
    1: (0.0,),
    2: (0.0, 180.0),
    3: (0.0, 45.0, 180.0),
    4: (0.0, 90.0, 180.0, 270.0),
}
