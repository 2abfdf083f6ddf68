#include "qprompt/features/image_pixels.h"

#include "qprompt/clip/engine.h"
#include "qprompt/core/error.h"
#include "qprompt/data/opened_image.h"
#include "qprompt/data/preprocess.h"
#include "qprompt/features/stop.h"
#include "qprompt/features/view.h"

namespace qprompt {
namespace {

constexpr std::size_t kWave = 64;  // images between two looks at `stop`

}  // namespace

ImagePixels::ImagePixels(const Model& model, std::vector<ImageRequest> requests,
                         const FeatureOptions& options, std::size_t budget)
    : model_(model),
      preprocessing_(model.shape().preprocessing),
      requests_(std::move(requests)),
      budget_(budget) {
  FeatureProgress progress;
  for (const ImageRequest& request : requests_) progress.total += request.view_count();
  const std::function<bool()> stop = one_at_a_time(options.stop);
  for (std::size_t at = 0; at < requests_.size(); at += kWave) {
    if (stop && stop()) throw Interrupted();
    add(at, std::min(kWave, requests_.size() - at), options.skip_bad_images, stop);
    progress.done = views();
    if (options.progress) options.progress(progress);
  }
  tell_decoding(notices_, options);
}

void ImagePixels::add(std::size_t first, std::size_t count, bool skip_bad_images,
                      const std::function<bool()>& stop) {
  std::vector<Decoded> decoded(count);
  model_.engine().decoders().for_each(
      count, [&](std::size_t i) { decoded[i] = decode(requests_[first + i], stop); });
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& damage = decoded[i].damage;
    require(skip_bad_images || damage.empty(), damage);
    first_.push_back(damage.empty() ? views() : -1);
    if (!damage.empty()) skipped_.push_back(damage);
    if (!decoded[i].notice.empty()) notices_.push_back(decoded[i].notice);
    for (std::size_t v = 0; v < decoded[i].views.size(); ++v) {
      keep(first + i, v, decoded[i].views[v]);
    }
  }
}

void ImagePixels::keep(std::size_t request, std::size_t view, Image& image) {
  const std::size_t bytes = image.pixels.size();
  const bool fits = bytes <= budget_;
  if (fits) budget_ -= bytes;
  views_.push_back({request, view, fits ? std::move(image) : Image{}});
}

ImagePixels::Decoded ImagePixels::decode(const ImageRequest& request,
                                         const std::function<bool()>& stop) const {
  Decoded decoded;
  const auto hear = [&](const std::string& line) { decoded.notice = line; };
  try {
    const Image picture = OpenedImage(request.image).decoded({.stop = stop, .notice = hear});
    for (std::size_t v = 0; v < request.view_count(); ++v) {
      decoded.views.push_back(view_of(picture, request.view_seed(v), preprocessing_));
    }
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error& error) {
    decoded.views.clear();
    decoded.damage = error.what();
  }
  return decoded;
}

Matrix ImagePixels::pixels(std::span<const Index> rows) const {
  const Index size = preprocessing_.image_size;
  const Part own = part_of(model_.engine().ranks(), std::ssize(rows));
  Matrix pixels(std::ssize(rows), 3 * size * size);
  pixels.topRows(own.first).setZero();
  pixels.bottomRows(pixels.rows() - own.first - own.count).setZero();
  model_.engine().decoders().for_each(static_cast<std::size_t>(own.count), [&](std::size_t nth) {
    const std::size_t i = nth + static_cast<std::size_t>(own.first);
    const View& view = views_[rows[i]];
    const ImageRequest& request = requests_[view.request];
    const std::span<float> row(pixels.row(static_cast<Index>(i)).data(),
                               static_cast<std::size_t>(pixels.cols()));
    if (!view.kept.pixels.empty()) {
      normalize(view.kept, preprocessing_.mean, preprocessing_.std, row);
    } else {
      normalize(view_of(read_image(request.image), request.view_seed(view.view), preprocessing_),
                preprocessing_.mean, preprocessing_.std, row);
    }
  });
  return pixels;
}

}  // namespace qprompt
