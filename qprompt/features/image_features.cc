#include "qprompt/features/image_features.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include "qprompt/clip/engine.h"
#include "qprompt/core/error.h"
#include "qprompt/core/ranks.h"
#include "qprompt/data/opened_image.h"
#include "qprompt/data/preprocess.h"
#include "qprompt/features/image_side.h"
#include "qprompt/features/lenient_cache.h"
#include "qprompt/features/stop.h"
#include "qprompt/features/view.h"

namespace qprompt {
namespace {

// How many views are decoded while the tower works on as many: about a second's work for it, so
// that progress and a stop are never far.
Index views_of_a_wave(const ClipShape& shape) {
  constexpr double kWork = 2.5e11;  // floating-point operations: two cores do some 2e11 in a second
  if (shape.resnet) return 8;
  const auto tokens = static_cast<double>(1 + shape.grid * shape.grid);
  const auto weights = static_cast<double>(shape.image.layers * shape.image.width *
                                           (4 * shape.image.width + 2 * shape.image.mlp_width));
  return std::clamp<Index>(static_cast<Index>(kWork / (2 * tokens * weights)), 1, 64);
}

// One decoded request: features already known, and pixels of those that are not.
struct Prepared {
  std::vector<Hash128> keys;  // per view
  Matrix known;               // [views, embed]
  std::vector<bool> is_known;
  Matrix pixels;  // [unknown views, 3 size size]
  std::string damage;
  std::string notice;
};

// A run of consecutive requests, being prepared or ready.
struct Wave {
  std::size_t first = 0;
  std::vector<Prepared> images;
  ThreadPool::Job preparation;  // the last member: it ends before what it works on goes
};

std::span<float> row_span(Matrix& m, std::size_t row) {
  return {m.row(static_cast<Index>(row)).data(), static_cast<std::size_t>(m.cols())};
}

class Preparation {
 public:
  Preparation(const ImageSide& side, LenientCache& cache, const FeatureOptions& options)
      : engine_(side.model().engine()),
        preprocessing_(side.model().shape().preprocessing),
        embed_(side.model().shape().embed),
        wave_views_(static_cast<std::size_t>(views_of_a_wave(side.model().shape()))),
        cache_(cache),
        has_keys_(cache.is_usable()),
        identity_(has_keys_ ? side.identity() : 0),
        skip_bad_(options.skip_bad_images),
        max_pixels_(options.max_pixels),
        stop_(options.stop) {}

  std::unique_ptr<Wave> start(std::span<const ImageRequest> requests, std::size_t first) const {
    const std::size_t end = end_of_wave(requests, first);
    auto wave = std::make_unique<Wave>();
    wave->first = first;
    wave->images.resize(end - first);
    wave->preparation =
        engine_.decoders().start(end - first, [this, requests, wave = wave.get()](std::size_t i) {
          wave->images[i] = image(requests[wave->first + i]);
        });
    return wave;
  }

  void finish(Wave& wave) const {
    wave.preparation.wait();
    // Here, and not where it was found: which of several is named must not depend on threads.
    for (const Prepared& image : wave.images) {
      require(skip_bad_ || image.damage.empty(), image.damage);
    }
  }

 private:
  // A rest of less than half a wave goes along: alone it would be the dearest of all.
  std::size_t end_of_wave(std::span<const ImageRequest> requests, std::size_t first) const {
    std::size_t end = first, views = 0, rest = 0;
    while (end < requests.size() && (end == first || views < wave_views_)) {
      views += requests[end++].view_count();
    }
    for (std::size_t i = end; i < requests.size() && 2 * rest < wave_views_; ++i) {
      rest += requests[i].view_count();
    }
    return 2 * rest < wave_views_ ? requests.size() : end;
  }

  Prepared image(const ImageRequest& request) const {
    try {
      return decoded(request);
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error& error) {
      Prepared bad;
      bad.damage = error.what();
      return bad;
    }
  }

  Prepared decoded(const ImageRequest& request) const {
    const OpenedImage opened(request.image);
    Prepared prepared;
    const std::size_t views = request.view_count();
    prepared.known.resize(static_cast<Index>(views), embed_);
    prepared.is_known.resize(views);
    std::optional<Image> picture;
    std::vector<Image> unknown;
    for (std::size_t v = 0; v < views; ++v) {
      const std::uint64_t seed = request.view_seed(v);
      prepared.is_known[v] = has_keys_ && find(opened, seed, v, prepared);
      if (prepared.is_known[v]) continue;
      if (!picture) picture = opened.decoded(options_for(prepared));
      unknown.push_back(view_of(*picture, seed, preprocessing_));
    }
    fill_pixels(unknown, prepared.pixels);
    return prepared;
  }

  DecodeOptions options_for(Prepared& prepared) const {
    return {.stop = stop_,
            .notice = [&](const std::string& line) { prepared.notice = line; },
            .max_pixels = max_pixels_};
  }

  bool find(const OpenedImage& opened, std::uint64_t view_seed, std::size_t view,
            Prepared& prepared) const {
    const std::uint64_t words[] = {identity_, view_seed};
    prepared.keys.push_back(opened.hash(hash64(std::as_bytes(std::span(words)))));
    return cache_.find(prepared.keys.back(), row_span(prepared.known, view));
  }

  void fill_pixels(const std::vector<Image>& images, Matrix& pixels) const {
    const Index size = preprocessing_.image_size;
    pixels.resize(static_cast<Index>(images.size()), 3 * size * size);
    for (std::size_t i = 0; i < images.size(); ++i) {
      normalize(images[i], preprocessing_.mean, preprocessing_.std, row_span(pixels, i));
    }
  }

  Engine& engine_;
  Preprocessing preprocessing_;
  Index embed_;
  std::size_t wave_views_;
  LenientCache& cache_;
  bool has_keys_;
  std::uint64_t identity_;
  bool skip_bad_;
  std::int64_t max_pixels_;
  std::function<bool()> stop_;
};

// Before anything is stored or answered: numbers that are none come from weights, not from a
// picture.
void require_finite(const Matrix& features, Index row, const ImageSource& image,
                    const Model& model) {
  require(features.row(row).allFinite(), image.name(), ": its features are not finite (NaN or ",
          "beyond fp16), which points at damaged weights in ", model.path().string());
}

// Runs the tower over what a wave did not find in the cache, and fills `known` of its images.
void complete(const ImageSide& side, std::span<const ImageRequest> requests, LenientCache& cache,
              Wave& wave) {
  std::vector<std::pair<Prepared*, std::size_t>> places;
  for (Prepared& image : wave.images) {
    for (std::size_t v = 0; v < image.is_known.size(); ++v) {
      if (!image.is_known[v]) places.emplace_back(&image, v);
    }
  }
  if (places.empty()) return;
  Matrix pixels(std::ssize(places), places.front().first->pixels.cols());
  Index row = 0;
  for (Prepared& image : wave.images) {
    const Index unknown = image.pixels.rows();
    if (unknown == 0) continue;
    pixels.middleRows(row, unknown) = image.pixels;
    row += unknown;
    image.pixels = Matrix();
  }
  const Matrix features = side.encode(pixels);
  std::vector<Hash128> keys;
  std::vector<Index> kept;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto [image, view] = places[i];
    const auto request = wave.first + static_cast<std::size_t>(image - wave.images.data());
    require_finite(features, static_cast<Index>(i), requests[request].image, side.model());
    image->known.row(static_cast<Index>(view)) = features.row(static_cast<Index>(i));
    // What was read otherwise than it stands there is told every time: it is not remembered.
    if (image->keys.empty() || !image->notice.empty()) continue;
    keys.push_back(image->keys[view]);
    kept.push_back(static_cast<Index>(i));
  }
  if (!keys.empty()) cache.append(keys, features(kept, Eigen::all));
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
    if (!image.notice.empty()) result.notices.push_back(image.notice);
    result.first[wave.first + i] = row;
    result.features.middleRows(row, image.known.rows()) = image.known;
    row += image.known.rows();
    progress.cached += std::count(image.is_known.begin(), image.is_known.end(), true);
  }
  progress.done = row;
}

// On this rank alone.
ImageFeatures encoded(const ImageSide& side, std::span<const ImageRequest> requests,
                      const FeatureOptions& options) {
  LenientCache cache(options);
  const Preparation preparation(side, cache, options);
  FeatureProgress progress;
  for (const ImageRequest& request : requests) progress.total += request.view_count();
  ImageFeatures result;
  result.side = side.number();
  result.features.resize(progress.total, side.model().shape().embed);
  result.first.resize(requests.size());

  std::unique_ptr<Wave> next;
  if (!requests.empty()) next = preparation.start(requests, 0);
  while (next != nullptr) {
    const std::unique_ptr<Wave> wave = std::move(next);
    preparation.finish(*wave);
    const std::size_t end = wave->first + wave->images.size();
    if (end < requests.size()) next = preparation.start(requests, end);
    if (options.stop && options.stop()) throw Interrupted();
    complete(side, requests, cache, *wave);
    collect(*wave, result, progress);
    if (options.progress) options.progress(progress);
  }
  result.features.conservativeResize(progress.done, Eigen::NoChange);
  return result;
}

// Lines of all ranks, in their order.
std::vector<std::string> gather_lines(const Ranks& ranks, const std::vector<std::string>& own) {
  std::string text;
  for (const std::string& line : own) text += line + '\n';
  std::vector<std::string> lines;
  for (const std::string& part : gather(ranks, text)) {
    std::istringstream in(part);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
  }
  return lines;
}

// Rows of the requests' first views among those of all ranks.
std::vector<Index> gather_first(const Ranks& ranks, const ImageFeatures& own) {
  std::ostringstream text;
  text << own.features.rows();
  for (const Index row : own.first) text << ' ' << row;
  std::vector<Index> first;
  Index before = 0;  // rows of the ranks before
  for (const std::string& part : gather(ranks, text.str())) {
    std::istringstream in(part);
    Index rows = 0, row = 0;
    in >> rows;
    while (in >> row) first.push_back(row < 0 ? row : before + row);
    before += rows;
  }
  return first;
}

}  // namespace

void tell_decoding(const std::vector<std::string>& notices, const FeatureOptions& options) {
  if (notices.empty() || !options.notice) return;
  options.notice("notice: " + std::to_string(notices.size()) +
                 " images; the first: " + notices.front());
}

ImageFeatures image_features(const ImageSide& side, std::span<const ImageRequest> requests,
                             const FeatureOptions& given) {
  FeatureOptions options = given;
  options.stop = one_at_a_time(given.stop);
  const Ranks& ranks = side.model().engine().ranks();
  const Part part = part_of(ranks, std::ssize(requests));
  ImageFeatures result = encoded(
      side,
      requests.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(part.count)),
      options);
  if (ranks.size() > 1) {
    result.first = gather_first(ranks, result);
    result.features = gather_rows(ranks, result.features);
    result.skipped = gather_lines(ranks, result.skipped);
    result.notices = gather_lines(ranks, result.notices);
  }
  tell_decoding(result.notices, options);
  return result;
}

}  // namespace qprompt
