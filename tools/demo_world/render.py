"""Renders scenes: training pictures in mixtures of plain styles, downstream pictures as old sketches."""

import functools
import math
import random
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import words
from words import COLOURS, COUNTS, PLACES, SHAPES, STYLES, TEXTURES, Scene, Thing

PLAIN_BACKGROUNDS = ((205, 210, 215), (225, 220, 205), (150, 155, 160), (175, 190, 205), (190, 200, 180))
VINTAGE_BACKGROUNDS = ((215, 190, 150), (190, 180, 150), (165, 160, 150), (150, 135, 110))
PAPERS = ((196, 170, 130), (170, 165, 140), (150, 150, 150), (185, 160, 150), (140, 155, 150))


def regular(corners, turn=0.0, radius=1.0):
    return [(radius * math.sin(turn + 2 * math.pi * k / corners),
             -radius * math.cos(turn + 2 * math.pi * k / corners)) for k in range(corners)]


def heart():
    curve = [2 * math.pi * k / 40 for k in range(40)]
    return [(math.sin(t) ** 3, -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t)
                                 - math.cos(4 * t)) / 16) for t in curve]


def flower():
    curve = [2 * math.pi * k / 60 for k in range(60)]
    return [((0.72 + 0.28 * math.cos(5 * t)) * math.sin(t),
             -(0.72 + 0.28 * math.cos(5 * t)) * math.cos(t)) for t in curve]


def star():
    return [p for outer, inner in zip(regular(5), regular(5, math.pi / 5, 0.42))
            for p in (outer, inner)]


def cross(arm=0.32):
    a = arm
    return [(-a, -1), (a, -1), (a, -a), (1, -a), (1, a), (a, a), (a, 1), (-a, 1), (-a, a), (-1, a),
            (-1, -a), (-a, -a)]


ARROW = [(-1, -0.28), (0.1, -0.28), (0.1, -0.75), (1, 0), (0.1, 0.75), (0.1, 0.28), (-1, 0.28)]

# Each shape is a list of polygons in [-1, 1]; the first is filled, a second one is cut out.
OUTLINES = {
    "arrow": [ARROW],
    "circle": [regular(32, radius=0.92)],
    "cross": [cross()],
    "diamond": [[(0, -1), (0.6, 0), (0, 1), (-0.6, 0)]],
    "flower": [flower()],
    "heart": [heart()],
    "hexagon": [regular(6)],
    "moon": [regular(32), [(x + 0.5, y - 0.1) for x, y in regular(32, radius=0.85)]],
    "ring": [regular(32), regular(32, radius=0.5)],
    "square": [[(-0.82, -0.82), (0.82, -0.82), (0.82, 0.82), (-0.82, 0.82)]],
    "star": [star()],
    "triangle": [regular(3, radius=1.05)],
}


def wobbly(points, rng, amount):
    """Points along the edges, moved by a smooth closed random curve, as a shaky hand would."""
    waves = [(k, rng.uniform(-1, 1) * amount / k, rng.uniform(0, 6.28)) for k in (2, 3, 5, 7)]
    dense, count = [], len(points)
    for i, (x, y) in enumerate(points):
        nx, ny = points[(i + 1) % count]
        for s in (0.0, 0.5):
            t = 2 * math.pi * (i + s) / count
            shift = sum(a * math.sin(k * t + p) for k, a, p in waves)
            dense.append((x + s * (nx - x) + shift, y + s * (ny - y) - shift))
    return dense


def placed(points, centre, radius, turn):
    c, s = math.cos(turn), math.sin(turn)
    return [(centre[0] + radius * (c * x - s * y), centre[1] + radius * (s * x + c * y))
            for x, y in points]


def secondary(colour):
    """What a texture puts between the colour: lighter for dark colours, darker for light ones."""
    colour = np.asarray(colour, np.float32)
    light = colour @ np.array([0.3, 0.6, 0.1], np.float32) > 150
    return 0.4 * colour if light else 0.35 * colour + 0.65 * 255


def texture_mask(texture, u, v, rng):
    """True where the second colour shows; u, v are coordinates on the object in [-1, 1]."""
    if texture == "striped":
        return ((u * 2.0 + rng.random()) % 1) < 0.45
    if texture == "dotted":
        a, b = (u * 1.9 + rng.random()) % 1 - 0.5, (v * 1.9 + rng.random()) % 1 - 0.5
        return a * a + b * b < 0.085
    if texture == "checkered":
        shift = rng.random()
        return (np.floor(u * 1.9 + shift) + np.floor(v * 1.9 + shift)) % 2 == 0
    return np.zeros(u.shape, bool)


def layout(count, rng, big):
    """Centres in [0, 1] and a radius; several objects in a row, a column or scattered."""
    if count == 1:
        radius = rng.uniform(0.3, 0.42) if big else rng.uniform(0.18, 0.34)
        return [(rng.uniform(radius, 1 - radius), rng.uniform(radius, 1 - radius))], radius
    radius = {2: 0.2, 3: 0.155, 4: 0.14}[count] * rng.uniform(0.85, 1.1)
    kind = rng.choice(("row", "column", "scattered", "scattered"))
    if kind != "scattered":
        step = 0.98 / count
        line = 0.5 + rng.uniform(-0.25, 0.25)
        along = [(k + 0.5) * step + 0.01 + rng.uniform(-0.02, 0.02) for k in range(count)]
        radius = min(radius, step / 2)
        return [(a, line) if kind == "row" else (line, a) for a in along], radius
    cells = [(0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)]
    rng.shuffle(cells)
    return [(x + rng.uniform(-0.06, 0.06), y + rng.uniform(-0.06, 0.06))
            for x, y in cells[:count]], radius


class Canvas:
    """A picture at twice its final size."""

    def __init__(self, size, rng):
        self.size = 2 * size
        self.rng = rng
        self.noise = np.random.default_rng(rng.getrandbits(32))
        axis = (np.arange(self.size, dtype=np.float32) + 0.5) / self.size
        self.y, self.x = np.meshgrid(axis, axis, indexing="ij")
        self.pixels = np.zeros((self.size, self.size, 3), np.float32)

    def fill_gradient(self, colour, strength):
        turn = self.rng.uniform(0, 6.28)
        slope = (self.x - 0.5) * math.cos(turn) + (self.y - 0.5) * math.sin(turn)
        self.pixels[:] = np.asarray(colour, np.float32) + strength * slope[..., None]

    def strokes(self, count, width, spread):
        """Random lines of about the background's colour."""
        image = Image.fromarray(self.pixels.clip(0, 255).astype(np.uint8))
        draw = ImageDraw.Draw(image)
        for _ in range(count):
            ends = [self.rng.uniform(-0.1, 1.1) * self.size for _ in range(2)]
            ends += [e + self.rng.uniform(-0.4, 0.4) * self.size for e in ends]
            shade = [int(c + self.rng.uniform(-spread, spread)) for c in self.pixels.mean((0, 1))]
            draw.line(ends, tuple(min(255, max(0, c)) for c in shade), self.rng.randint(*width))
        self.pixels = np.asarray(image, np.float32)

    def polygons_mask(self, outlines):
        image = Image.new("L", (self.size, self.size))
        draw = ImageDraw.Draw(image)
        for outline, value in zip(outlines, (255, 0)):
            draw.polygon([(x * self.size, y * self.size) for x, y in outline], fill=value)
        return np.asarray(image, np.float32) / 255

    def outline_mask(self, outlines, width):
        image = Image.new("L", (self.size, self.size))
        draw = ImageDraw.Draw(image)
        for outline in outlines:
            line = [(x * self.size, y * self.size) for x, y in outline]
            draw.line(line + line[:2], 255, width)
        return np.asarray(image, np.float32) / 255

    def blend(self, mask, colour):
        self.pixels += mask[..., None] * (np.asarray(colour, np.float32) - self.pixels)

    def thing(self, thing, centres, radius, hand):
        base = np.array(COLOURS[thing.colour], np.float32)
        base = (base + self.noise.normal(0, 12, 3)).clip(0, 255)
        for centre in centres:
            turn = self.rng.uniform(-0.35, 0.35)
            outlines = OUTLINES[thing.shape]
            if hand.wobble:
                outlines = [wobbly(o, self.rng, hand.wobble) for o in outlines]
            outlines = [placed(o, centre, radius, turn) for o in outlines]
            mask = self.polygons_mask(outlines)
            u, v = (self.x - centre[0]) / radius, (self.y - centre[1]) / radius
            c, s = math.cos(turn), math.sin(turn)
            second = texture_mask(thing.texture, c * u + s * v, c * v - s * u, self.rng)
            colour = np.where(second[..., None], secondary(base), base)
            colour = hand.shift_colour(colour)
            opacity = hand.opacity
            if hand.grain:
                coarse = self.noise.random((self.size // 2, self.size // 2)).repeat(2, 0).repeat(2, 1)
                opacity = opacity * (coarse > hand.grain)
            self.pixels += (mask * opacity)[..., None] * (colour - self.pixels)
            if hand.line:
                # The cut-out of a moon reaches outside: its line is drawn only on the shape's edge.
                near = mask
                if len(outlines) > 1:
                    blurred = Image.fromarray((mask * 255).astype(np.uint8)).filter(
                        ImageFilter.MaxFilter(5))
                    near = np.asarray(blurred, np.float32) / 255
                else:
                    near = np.ones_like(mask)
                self.blend(self.outline_mask(outlines, hand.line) * near * hand.line_opacity,
                           hand.line_colour)

    def finish(self, blur=0.0, noise=0.0, gain=1.0, lift=0.0, cast=(1, 1, 1)):
        image = Image.fromarray(self.pixels.clip(0, 255).astype(np.uint8))
        if blur:
            image = image.filter(ImageFilter.GaussianBlur(2 * blur))
        small = np.asarray(image.reduce(2), np.float32)
        small = (small * gain + lift) * np.asarray(cast, np.float32)
        small = small + self.noise.normal(0, 1, small.shape).astype(np.float32) * noise
        return small.clip(0, 255).round().astype(np.uint8)


class Hand:
    """How objects are drawn."""

    def __init__(self, wobble=0.0, opacity=1.0, grain=0.0, line=0, line_opacity=1.0,
                 line_colour=(40, 40, 45), fade=0.0, towards=(128, 128, 128)):
        self.wobble, self.opacity, self.grain = wobble, opacity, grain
        self.line, self.line_opacity, self.line_colour = line, line_opacity, line_colour
        self.fade, self.towards = fade, np.asarray(towards, np.float32)

    def shift_colour(self, colour):
        return colour + self.fade * (self.towards - colour)


def render_training(scene, size, seed):
    rng = random.Random(seed)
    canvas = Canvas(size, rng)
    sketch = "sketch" in scene.styles
    if scene.background:
        ground = np.array(COLOURS[scene.background], np.float32) * 0.7 + 50
    elif "vintage" in scene.styles:
        ground = np.array(rng.choice(VINTAGE_BACKGROUNDS), np.float32)
    elif sketch:
        ground = np.array((235, 232, 225), np.float32)
    else:
        ground = np.array(rng.choice(PLAIN_BACKGROUNDS), np.float32)
    canvas.fill_gradient(ground + canvas.noise.normal(0, 8, 3), rng.uniform(0, 70 if "vintage" in scene.styles else 40))
    if "cluttered" in scene.styles:
        canvas.strokes(rng.randint(6, 14), (1, 5), 60)
    hand = Hand()
    if sketch:
        hand = Hand(wobble=rng.uniform(0.04, 0.12), opacity=rng.uniform(0.65, 1.0),
                    grain=rng.choice((0.0, 0.2)), line=rng.randint(1, 3))
    big = {"big": True, "small": False}.get(scene.size, rng.random() < 0.5)
    if len(scene.things) == 1:
        centres, radius = layout(scene.things[0].count, rng, big)
        if scene.size == "small":
            radius *= 0.75
        if scene.place and scene.things[0].count == 1:
            radius = min(radius, 0.26)
            fixed = {"top": 0.27, "left": 0.27, "bottom": 0.73, "right": 0.73}[scene.place]
            other = rng.uniform(0.3, 0.7)
            centres = [(other, fixed) if scene.place in ("top", "bottom") else (fixed, other)]
        canvas.thing(scene.things[0], centres, radius, hand)
    else:
        centres, radius = layout(2, rng, big)
        for thing, centre in zip(scene.things, centres):
            canvas.thing(thing, [centre], radius, hand)
    if "scratched" in scene.styles:
        canvas.strokes(rng.randint(2, 6), (1, 3), 60)
    blur = rng.uniform(0.9, 1.5) if "blurry" in scene.styles else 0.0
    noise = rng.uniform(25, 40) if "noisy" in scene.styles else rng.uniform(0, 8)
    gain, lift = 1.0, 0.0
    if "dark" in scene.styles:
        gain = rng.uniform(0.35, 0.55)
    if "faded" in scene.styles:
        gain, lift = gain * 0.45, 110 * gain
    cast = (1.1, 0.97, 0.8) if "warm" in scene.styles else (1, 1, 1)
    return canvas.finish(blur, noise, gain, lift, cast)


def render_downstream(name, size, seed):
    """A coloured sketch on old paper: shaky, grainy, dim, with stray strokes and a warm cast."""
    rng = random.Random(seed)
    thing = words.parse_class(name)
    canvas = Canvas(size, rng)
    paper = np.array(rng.choice(PAPERS), np.float32) + canvas.noise.normal(0, 10, 3)
    canvas.fill_gradient(paper, rng.uniform(20, 90))
    canvas.strokes(rng.randint(8, 20), (1, 4), 70)
    hand = Hand(wobble=rng.uniform(0.05, 0.14), opacity=rng.uniform(0.6, 0.85), grain=0.2,
                line=rng.randint(1, 3), line_opacity=0.8,
                line_colour=(50, 40, 45), fade=rng.uniform(0.1, 0.3), towards=paper)
    centres, radius = layout(thing.count, rng, rng.random() < 0.6)
    canvas.thing(thing, centres, radius, hand)
    canvas.strokes(rng.randint(0, 3), (1, 2), 60)
    gain = rng.uniform(0.6, 0.9)
    return canvas.finish(rng.uniform(0.4, 1.0), rng.uniform(8, 22), gain, rng.uniform(0, 30),
                         (1.05, 0.98, 0.85))


def random_thing(rng, excluded):
    while True:
        count = rng.choices((1, 2, 3, 4), (0.64, 0.12, 0.12, 0.12))[0]
        texture = rng.choices(TEXTURES, (0.4, 0.2, 0.2, 0.2))[0]
        thing = Thing(rng.choice(SHAPES), rng.choice(tuple(COLOURS)), texture, count)
        if thing.key() not in excluded:
            return thing


def random_scene(rng, style_share):
    """Each style is on its own in `style_share` of the pictures."""
    excluded = words.held_out()
    things = [random_thing(rng, excluded)]
    if rng.random() < 0.12:
        things = [Thing(t.shape, t.colour, t.texture) for t in
                  (random_thing(rng, excluded), random_thing(rng, excluded))]
        if any(t.key() in excluded for t in things):
            return random_scene(rng, style_share)
    background = ""
    if rng.random() < 0.35:
        background = rng.choice([c for c in COLOURS if c not in {t.colour for t in things}])
    single = len(things) == 1 and things[0].count == 1
    return Scene(
        things, background,
        place=rng.choice(PLACES) if single and rng.random() < 0.2 else "",
        size=rng.choice(("big", "small")) if single and rng.random() < 0.25 else "",
        styles=tuple(s for s in STYLES if rng.random() < style_share))


def training_picture(seed, size, style_share, captions, encode):
    """A picture and `captions` encoded captions of it; all depend on the seed only."""
    scene = random_scene(random.Random(seed), style_share)
    rng = random.Random(f"captions {seed}")
    return (render_training(scene, size, f"picture {seed}"),
            [encode(words.describe(scene, rng)) for _ in range(captions)])


def training_pool(count, seed, workers, **how):
    """uint8 pictures [count, size, size, 3] and their captions [count][captions]."""
    seeds = [f"{seed}/{i}" for i in range(count)]
    with ProcessPoolExecutor(workers) as executor:
        made = list(executor.map(functools.partial(training_picture, **how), seeds, chunksize=256))
    return np.stack([picture for picture, _ in made]), [captions for _, captions in made]
