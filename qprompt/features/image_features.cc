#include "qprompt/features/image_features.h"

#include <algorithm>
#include <future>

#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/threads.h"
#include "qprompt/data/image.h"
#include "qprompt/data/preprocess.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/features/view.h"

namespace qprompt {
namespace {

constexpr std::size_t kWaveViews = 64;  // decoded while the tower works on as many
constexpr Index kBatch = 32;            // views that the tower sees at once

// One decoded request: features already known, and pixels of those that are not.
struct Prepared {
  std::vector<std::uint64_t> keys;  // per view
  Matrix known;                     // [views, embed]
  std::vector<bool> is_known;
  Matrix pixels;  // [unknown views, 3 size size]
  std::string damage;
};

// A run of consecutive requests.
struct Wave {
  std::size_t first = 0;
  std::vector<Prepared> images;
};

class Preparation {
 public:
  Preparation(const Model& model, const FeatureStore* store, bool skip_bad)
      : preprocessing_(model.shape().preprocessing),
        embed_(model.shape().embed),
        store_(store),
        skip_bad_(skip_bad),
        threads_(model.device().threads()) {}

  Wave wave(std::span<const ImageRequest> requests, std::size_t first) const {
    std::size_t end = first, views = 0;
    while (end < requests.size() && (end == first || views < kWaveViews)) {
      views += requests[end++].view_count();
    }
    Wave wave{first, std::vector<Prepared>(end - first)};
    for_each_on_threads(threads_, wave.images.size(),
                        [&](std::size_t i) { wave.images[i] = image(requests[first + i]); });
    // Here, and not where it was found: which of several is named must not depend on threads.
    for (const Prepared& image : wave.images) {
      require(skip_bad_ || image.damage.empty(), image.damage);
    }
    return wave;
  }

 private:
  Prepared image(const ImageRequest& request) const {
    try {
      return decoded(request);
    } catch (const Error& error) {
      Prepared bad;
      bad.damage = error.what();
      return bad;
    }
  }

  Prepared decoded(const ImageRequest& request) const {
    const MappedFile file(request.path);
    Prepared prepared;
    const std::size_t views = request.view_count();
    prepared.known.resize(static_cast<Index>(views), embed_);
    prepared.is_known.resize(views);
    std::optional<Image> picture;
    std::vector<Image> unknown;
    for (std::size_t v = 0; v < views; ++v) {
      const std::uint64_t seed = request.view_seed(v);
      prepared.keys.push_back(hash64(file.bytes(), seed));
      prepared.is_known[v] =
          store_ != nullptr && store_->find(prepared.keys[v], row_span(prepared.known, v));
      if (prepared.is_known[v]) continue;
      if (!picture) picture = decode_image(file.bytes(), request.path.string());
      unknown.push_back(view_of(*picture, seed, preprocessing_.image_size));
    }
    fill_pixels(unknown, prepared.pixels);
    return prepared;
  }

  static std::span<float> row_span(Matrix& m, std::size_t row) {
    return {m.row(static_cast<Index>(row)).data(), static_cast<std::size_t>(m.cols())};
  }

  void fill_pixels(const std::vector<Image>& images, Matrix& pixels) const {
    const Index size = preprocessing_.image_size;
    pixels.resize(static_cast<Index>(images.size()), 3 * size * size);
    for (std::size_t i = 0; i < images.size(); ++i) {
      normalize(images[i], preprocessing_.mean, preprocessing_.std, row_span(pixels, i));
    }
  }

  Preprocessing preprocessing_;
  Index embed_;
  const FeatureStore* store_;
  bool skip_bad_;
  int threads_;
};

// Runs the tower over what a wave did not find in the cache.
class WaveEncoder {
 public:
  WaveEncoder(const Model& model, const VisionPrompts& prompts, FeatureStore* store)
      : model_(model), prompts_(prompts), store_(store), workspace_(model.device()) {}

  // Fills `known` of every image of the wave.
  void complete(Wave& wave) {
    std::vector<std::uint64_t> keys;
    std::vector<std::pair<Prepared*, Index>> places;
    Index count = 0;
    for (Prepared& image : wave.images) count += image.pixels.rows();
    if (count == 0) return;
    Matrix pixels(count, wave_pixels(wave));
    for (Prepared& image : wave.images) {
      Index unknown = 0;
      for (std::size_t v = 0; v < image.keys.size(); ++v) {
        if (image.is_known[v]) continue;
        pixels.row(static_cast<Index>(keys.size())) = image.pixels.row(unknown++);
        keys.push_back(image.keys[v]);
        places.emplace_back(&image, static_cast<Index>(v));
      }
      image.pixels.resize(0, 0);
    }
    const Matrix features = encode(pixels);
    for (std::size_t i = 0; i < places.size(); ++i) {
      places[i].first->known.row(places[i].second) = features.row(static_cast<Index>(i));
    }
    if (store_ != nullptr) store_->append(keys, features);
  }

 private:
  static Index wave_pixels(const Wave& wave) {
    Index cols = 0;
    for (const Prepared& image : wave.images) cols = std::max(cols, image.pixels.cols());
    return cols;
  }

  Matrix encode(const Matrix& pixels) {
    if (tower_ == nullptr) tower_ = model_.image_tower();
    Matrix features(pixels.rows(), model_.shape().embed);
    for (Index first = 0; first < pixels.rows(); first += kBatch) {
      const Index count = std::min(kBatch, pixels.rows() - first);
      features.middleRows(first, count) =
          tower_->forward(pixels.middleRows(first, count), prompts_, workspace_);
    }
    return rounded_to_fp16(features);
  }

  const Model& model_;
  const VisionPrompts& prompts_;
  FeatureStore* store_;
  ImageWorkspace workspace_;
  std::shared_ptr<const ImageTower> tower_;
};

// Of all that features depend on beside the picture and its view: the weights, what a configuration
// file says about them, and learned tokens.
std::uint64_t hash_of(const Model& model, const VisionPrompts& prompts) {
  const Preprocessing& pixels = model.shape().preprocessing;
  const TransformerShape& tower = model.shape().image;
  std::vector<float> settings{tower.layer_norm_eps, static_cast<float>(tower.heads),
                              static_cast<float>(tower.activation)};
  settings.insert(settings.end(), pixels.mean.begin(), pixels.mean.end());
  settings.insert(settings.end(), pixels.std.begin(), pixels.std.end());
  std::uint64_t hash = hash64(std::as_bytes(std::span(settings)), model.fingerprint());
  if (prompts.tokens.size() > 0) hash = hash64(std::as_bytes(values_of(prompts.tokens)), hash);
  for (const Matrix& deep : prompts.deep) hash = hash64(std::as_bytes(values_of(deep)), hash);
  return hash;
}

std::optional<FeatureStore> open_store(const Model& model, const FeatureOptions& options) {
  if (!options.cache) return std::nullopt;
  const std::string name =
      hex64(hash_of(model, options.prompts)) + "-" + enum_name(model.device().format());
  return FeatureStore(*options.cache, name, model.shape().embed);
}

// Moves a finished wave's features to their place in the result.
void collect(const Wave& wave, ImageFeatures& result, FeatureProgress& progress) {
  Index row = progress.done;
  for (std::size_t i = 0; i < wave.images.size(); ++i) {
    const Prepared& image = wave.images[i];
    if (!image.damage.empty()) {
      result.skipped.push_back(image.damage);
      result.first[wave.first + i] = -1;
      continue;
    }
    result.first[wave.first + i] = row;
    result.features.middleRows(row, image.known.rows()) = image.known;
    row += image.known.rows();
    progress.cached += std::count(image.is_known.begin(), image.is_known.end(), true);
  }
  progress.done = row;
}

}  // namespace

ImageFeatures image_features(const Model& model, std::span<const ImageRequest> requests,
                             const FeatureOptions& options) {
  std::optional<FeatureStore> store = open_store(model, options);
  FeatureStore* const cache = store ? &*store : nullptr;
  const Preparation preparation(model, cache, options.skip_bad_images);
  WaveEncoder encoder(model, options.prompts, cache);
  FeatureProgress progress;
  for (const ImageRequest& request : requests) progress.total += request.view_count();
  ImageFeatures result;
  result.features.resize(progress.total, model.shape().embed);
  result.first.resize(requests.size());

  std::size_t at = 0;
  auto prepare = [&](std::size_t first) { return preparation.wave(requests, first); };
  std::future<Wave> next;
  if (!requests.empty()) next = std::async(std::launch::async, prepare, at);
  while (at < requests.size()) {
    Wave wave = next.get();
    at = wave.first + wave.images.size();
    if (at < requests.size()) next = std::async(std::launch::async, prepare, at);
    if (options.stop && options.stop()) throw Interrupted();
    encoder.complete(wave);
    collect(wave, result, progress);
    if (options.progress) options.progress(progress);
  }
  result.features.conservativeResize(progress.done, Eigen::NoChange);
  return result;
}

}  // namespace qprompt
