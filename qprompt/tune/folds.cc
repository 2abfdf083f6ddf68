#include "qprompt/tune/folds.h"

#include <algorithm>

#include "qprompt/core/error.h"
#include "qprompt/core/random.h"

namespace qprompt {
namespace {

// Purposes of the random streams: which classes are novel never changes with the images drawn.
constexpr std::uint64_t kClasses = 1, kImages = 2;

std::uint64_t purpose(std::uint64_t what, int repeat) {
  return 1000 * static_cast<std::uint64_t>(repeat) + what;
}

// Images of each class, those to be held out first.
std::vector<std::vector<Index>> shuffled_images(std::span<const int> labels, std::size_t classes,
                                                std::uint64_t seed, int repeat) {
  Random random(seed, purpose(kImages, repeat));
  std::vector<std::vector<Index>> images(classes);
  for (const Index image : random.permutation(std::ssize(labels))) {
    images.at(static_cast<std::size_t>(labels[image])).push_back(image);
  }
  return images;
}

void add(Fold& fold, int label, bool is_novel, std::vector<Index> images, int held_out) {
  if (is_novel) {
    fold.novel.push_back(label);
    fold.unseen.insert(fold.unseen.end(), images.begin(), images.end());
    return;
  }
  require(std::ssize(images) >= held_out, "class ", label, " has ", images.size(),
          " images at hand, fewer than the ", held_out, " that are held out");
  fold.learned.push_back(label);
  fold.held_out.insert(fold.held_out.end(), images.begin(), images.begin() + held_out);
  fold.shots.insert(fold.shots.end(), images.begin() + held_out, images.end());
}

Fold fold_of(const std::vector<std::vector<Index>>& images, const std::vector<bool>& is_novel,
             std::span<const int> held_out) {
  Fold fold;
  for (std::size_t c = 0; c < images.size(); ++c) {
    add(fold, static_cast<int>(c), is_novel[c], images[c], held_out[c]);
  }
  for (std::vector<Index>* part : {&fold.shots, &fold.held_out, &fold.unseen}) {
    std::ranges::sort(*part);
  }
  return fold;
}

// Part p of an order of classes.
std::vector<bool> classes_in_part(const std::vector<Index>& order, int parts, int p) {
  std::vector<bool> is_in(order.size());
  const auto n = std::ssize(order);
  for (Index i = n * p / parts; i < n * (p + 1) / parts; ++i) is_in[order[i]] = true;
  return is_in;
}

}  // namespace

std::vector<bool> held_out_half(Index classes, std::uint64_t seed) {
  return classes_in_part(Random(seed, purpose(kClasses, 0)).permutation(classes), 2, 0);
}

bool can_part(int classes, int parts) {
  return classes / parts >= 2 && classes - (classes + parts - 1) / parts >= 2;
}

std::vector<Fold> folds_of(std::span<const int> labels, std::span<const int> held_out,
                           const FoldOptions& options) {
  const auto classes = std::ssize(held_out);
  const bool parts_classes = options.goal != TuneGoal::kSame;
  require(!parts_classes || can_part(static_cast<int>(classes), options.parts), classes,
          " classes cannot be parted into ", options.parts,
          " parts of two or more: new classes need classes to be held out; --for same asks about "
          "the learned ones alone");
  std::vector<Fold> folds;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    const auto order = Random(options.seed, purpose(kClasses, repeat)).permutation(classes);
    for (int p = 0; p < options.parts; ++p) {
      const int draw = parts_classes ? repeat : repeat * options.parts + p;
      const auto images = shuffled_images(labels, held_out.size(), options.seed, draw);
      const std::vector<bool> none(held_out.size());
      folds.push_back(fold_of(
          images, parts_classes ? classes_in_part(order, options.parts, p) : none, held_out));
    }
  }
  return folds;
}

}  // namespace qprompt
