# %% [markdown]
# # A first prompt
# A CLIP learns twenty drawings from ten pictures of each, and answers with names. It runs as it is
# on the tiny model that comes with the package; put a real one and your own pictures in its place:
# `qprompt.load("openai/clip-vit-base-patch16")`, `sorted(Path("photos").glob("*/*.jpg"))`.

# %%
from pathlib import Path

import numpy as np

import qprompt

pictures = Path(__file__).parents[2] / "assets" / "demo" / "pictures"
model = qprompt.load(qprompt.demo_folder() / "model")
print(model, "has features of", model.embed, "values")

# %% [markdown]
# ## Features
# Rows are of length one: a product of two is their cosine.

# %%
paths = sorted((pictures / "train").glob("*/*.webp"))
labels = [path.parent.name.replace("_", " ") for path in paths]
features = model.encode_image(paths[:5])
texts = model.encode_text(["a photo of a pink heart.", "a photo of a black arrow."])
print(np.round(features @ texts.T, 2))

# %% [markdown]
# ## Learn
# `fit` holds a fifth of the pictures of each class out, to choose the epoch by. The prompt is of
# some hundred bytes, one bit a value.

# %%
prompt = qprompt.fit(model, paths, labels, epochs=10)
prompt.save("drawings.qprompt")
print(prompt, "of epoch", prompt.report["chosen_epoch"])

# %% [markdown]
# ## Ask
# Among the classes that were learned, and one more by its name alone.

# %%
classifier = prompt.classifier().add_class("green frog")
tested = sorted((pictures / "test").glob("*/*.webp"))[::25]
for path, answer in zip(tested[:5], classifier.classify(tested[:5], top=2)):
    best, second = answer.scores
    print(f"{path.parent.name}: {best.class_name} {best.probability:.2f}, then {second.class_name}")

# %% [markdown]
# ## Test
# The pictures in `test` were not looked at. Zero-shot is CLIP as it is.

# %%
frozen = qprompt.zero_shot(model, classifier.class_names)
for name, asked in (("zero-shot", frozen), ("learned", classifier)):
    truth = [path.parent.name.replace("_", " ") for path in tested]
    print(name, f"accuracy {100 * qprompt.evaluate(asked, tested, truth).accuracy:.1f} %")
