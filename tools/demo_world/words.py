"""What the demo world is made of, and how its scenes are put into words."""

import random
from dataclasses import dataclass, field

COLOURS = {
    "black": (25, 25, 28), "blue": (40, 80, 220), "brown": (125, 75, 35), "green": (40, 160, 60),
    "orange": (245, 140, 25), "pink": (250, 130, 185), "purple": (130, 50, 175),
    "red": (220, 35, 35), "white": (248, 248, 248), "yellow": (245, 220, 40),
}
SHAPES = ("arrow", "circle", "cross", "diamond", "flower", "heart", "hexagon", "moon", "ring",
          "square", "star", "triangle")
TEXTURES = ("plain", "striped", "dotted", "checkered")
COUNTS = ("no", "one", "two", "three", "four")
PLACES = ("top", "bottom", "left", "right")
STYLES = ("blurry", "cluttered", "dark", "faded", "noisy", "scratched", "sketch", "vintage", "warm")

TEMPLATES = (
    "{}.", "a photo of {}.", "a photo of {}.", "a photo of {}.", "a picture of {}.", "an image of {}.",
    "a good photo of {}.", "this is {}.", "there is {} in the picture.", "a photo of my {}.",
    "a photo of the {}.", "a close photo of {}.", "a cropped photo of {}.", "one photo of {}.",
)
STYLE_TEMPLATES = ("a {style} photo of {{}}.", "a {style} picture of {{}}.", "a {style} image of {{}}.")
SKETCH_TEMPLATES = ("a sketch of {}.", "a drawing of {}.", "a sketch of the {}.")

# No picture of any of these combinations (count, colour, texture, shape) is in the CLIP's training
# pictures: it has to compose them.
DOWNSTREAM = (
    "black_arrow", "black_cross", "black_moon", "blue_checkered_square", "blue_dotted_circle",
    "blue_dotted_square", "blue_striped_star", "brown_flower", "brown_hexagon",
    "green_striped_diamond",
    "orange_moon", "pink_heart", "purple_heart", "purple_striped_hexagon", "red_dotted_star",
    "red_striped_square", "three_yellow_circles", "white_cross", "yellow_dotted_star", "yellow_moon",
)
CLASS_ORDER_SEED = 1  # fixed before any model saw the order; see README.md


@dataclass
class Thing:
    """`count` equal objects."""
    shape: str
    colour: str
    texture: str = "plain"
    count: int = 1

    def key(self):
        return (self.count, self.colour, self.texture, self.shape)


@dataclass
class Scene:
    things: list
    background: str = ""     # a colour, or "" where it is not one that has a name
    place: str = ""
    size: str = ""           # "", "big" or "small"
    styles: tuple = field(default_factory=tuple)


def plural(shape):
    return shape + ("es" if shape.endswith("s") else "s")


def parse_class(name):
    """'four_green_circles' -> Thing(circle, green, plain, 4)."""
    words = name.split("_")
    count = COUNTS.index(words.pop(0)) if words[0] in COUNTS else 1
    shapes = {**{s: s for s in SHAPES}, **{plural(s): s for s in SHAPES}}
    texture = words[1] if len(words) == 3 else "plain"
    return Thing(shapes[words[-1]], words[0], texture, count)


def class_order():
    """Base classes are its first half, new ones its second."""
    names = sorted(DOWNSTREAM)
    random.Random(CLASS_ORDER_SEED).shuffle(names)
    return names


def held_out():
    return {parse_class(name).key() for name in DOWNSTREAM}


def name_thing(thing, rng):
    """The words of one thing; now and then a word is left out, as people do."""
    words = []
    if thing.count > 1:
        words.append(COUNTS[thing.count])
    elif rng.random() < 0.05:
        words.append("one")
    if rng.random() < 0.9:
        words.append(thing.colour)
    if thing.texture != "plain":
        if rng.random() < 0.9:
            words.append(thing.texture)
    elif rng.random() < 0.1:
        words.append("plain")
    words.append(thing.shape if thing.count == 1 else plural(thing.shape))
    return " ".join(words)


def with_article(phrase, thing, rng):
    if thing.count > 1 or phrase.startswith("one "):
        return phrase if rng.random() < 0.5 else "a " + phrase
    return "a " + phrase


def describe(scene, rng):
    """A caption of the scene, with what `rng` (a random.Random) chooses to mention."""
    phrases = [name_thing(thing, rng) for thing in scene.things]
    if scene.size and rng.random() < 0.4:
        phrases[0] = scene.size + " " + phrases[0]
    template = rng.choice(TEMPLATES)
    if scene.styles and rng.random() < 0.6:
        style = rng.choice(scene.styles)
        template = (rng.choice(SKETCH_TEMPLATES) if style == "sketch"
                    else rng.choice(STYLE_TEMPLATES).format(style=style))
    if "the {}" not in template and "my {}" not in template:
        phrases[0] = with_article(phrases[0], scene.things[0], rng)
    phrases[1:] = [with_article(p, t, rng) for p, t in zip(phrases[1:], scene.things[1:])]
    text = " and ".join(phrases)
    if scene.background and rng.random() < 0.3:
        text += f" on a {scene.background} background"
    if scene.place and rng.random() < 0.4:
        text += f" at the {scene.place}"
    return template.format(text)


def vocabulary_words():
    """Every word that a caption can hold, and a few more that a user may try."""
    words = set(COLOURS) | set(SHAPES) | {plural(s) for s in SHAPES} | set(TEXTURES)
    words |= set(COUNTS) | set(PLACES) | set(STYLES) | {"big", "small", "and", "on", "at", "the"}
    for template in TEMPLATES + STYLE_TEMPLATES + SKETCH_TEMPLATES:
        words |= set(template.replace("{style}", "").replace("{}", "").replace("{", "")
                     .replace("}", "").replace(".", "").split())
    return sorted(words | {"background", "shape", "with", "in", "itap", "x"})
