#include "server/image_queue.h"

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>

#include "qprompt/core/error.h"
#include "qprompt/core/stopwatch.h"
#include "qprompt/data/opened_image.h"

namespace qprompt::server {
namespace {

// One decodes while the other has the tower.
constexpr int kWorkers = 2;

// Nothing of what is no image; why it is none is told where it is decoded.
std::optional<Hash128> key_of(const ImageSource& image, std::uint64_t side) {
  try {
    return OpenedImage(image).hash(side);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

ImageQueue::ImageQueue(const ServerOptions& options, Metrics& metrics)
    : batching_(options.batching),
      most_pixels_(options.limits.pixels()),
      metrics_(metrics),
      remembered_(options.remembered_images) {
  for (int i = 0; i < kWorkers; ++i) workers_.emplace_back([this] { work(); });
}

ImageQueue::~ImageQueue() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

asio::awaitable<ImageFeatures> ImageQueue::features(ImageSide side,
                                                    std::vector<ImageSource> images) {
  const auto order = std::make_shared<Order>(Order{std::move(side), std::move(images)});
  look_up(*order);
  if (order->missing > 0) {
    // A coroutine that sleeps until the order is done, wherever that happens.
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
        [&](auto handler) {
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          auto alive = asio::make_work_guard(asio::get_associated_executor(*shared));
          order->resume = [shared, alive, raw = order.get()] {
            asio::post(alive.get_executor(),
                       [shared, failure = raw->failure] { (*shared)(failure); });
          };
          enqueue(order);
        },
        asio::use_awaitable);
  }
  ImageFeatures features;
  features.side = order->side.number();
  features.features.resize(std::ssize(order->images), order->side.model().shape().embed);
  Index row = 0;
  for (const auto& result : order->results) {
    if (!result->damage.empty()) features.skipped.push_back(result->damage);
    features.first.push_back(result->damage.empty() ? row : -1);
    if (result->damage.empty()) features.features.row(row++) = result->feature;
  }
  features.features.conservativeResize(row, Eigen::NoChange);
  co_return features;
}

void ImageQueue::look_up(Order& order) {
  const std::uint64_t side = order.side.number();
  for (const ImageSource& image : order.images) {
    order.keys.push_back(key_of(image, side));
    const auto& key = order.keys.back();
    order.results.push_back(key ? remembered_.find(*key).value_or(nullptr) : nullptr);
  }
  order.missing = static_cast<std::size_t>(std::ranges::count(order.results, nullptr));
  metrics_.remembered(static_cast<int>(order.images.size() - order.missing));
}

void ImageQueue::enqueue(const std::shared_ptr<Order>& order) {
  {
    const std::scoped_lock lock(mutex_);
    const auto limit = static_cast<std::size_t>(batching_.max_queue);
    if (closed_ || waiting_.size() + order->missing > std::max(limit, order->missing)) {
      order->failure = std::make_exception_ptr(too_many());
    } else {
      const auto now = std::chrono::steady_clock::now();
      for (std::size_t i = 0; i < order->images.size(); ++i) {
        if (!order->results[i]) waiting_.push_back({order, i, now});
      }
      metrics_.queued(static_cast<int>(waiting_.size()));
    }
  }
  if (order->failure) {
    order->resume();
  } else {
    changed_.notify_all();
  }
}

// When those that wait now will have been encoded.
Problem ImageQueue::too_many() const {
  const double seconds = static_cast<double>(waiting_.size()) * seconds_of_an_image_;
  const int retry = std::max(1, static_cast<int>(std::ceil(seconds)));
  return {429,
          std::to_string(waiting_.size()) + " images wait already, the limit is " +
              std::to_string(batching_.max_queue),
          {{"Retry-After", std::to_string(retry)}}};
}

void ImageQueue::work() {
  for (auto batch = next_batch(); !batch.empty(); batch = next_batch()) encode(batch);
}

// Waits until a batch is full, or its oldest image has waited long enough.
std::vector<ImageQueue::Entry> ImageQueue::next_batch() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return {};
    const auto patience = std::chrono::milliseconds(batching_.max_wait_ms);
    const auto is_full = [&] {
      return closed_ || waiting_.empty() || std::ssize(waiting_) >= batching_.max_batch;
    };
    changed_.wait_until(lock, waiting_.front().arrival + patience, is_full);
    if (!waiting_.empty()) return take_batch();  // the other worker may have been faster
  }
}

// The oldest image and those behind it that the same image side sees.
std::vector<ImageQueue::Entry> ImageQueue::take_batch() {
  std::vector<Entry> batch;
  const std::uint64_t side = waiting_.front().side();
  for (auto entry = waiting_.begin();
       entry != waiting_.end() && std::ssize(batch) < batching_.max_batch;) {
    if (entry->side() == side) {
      batch.push_back(std::move(*entry));
      entry = waiting_.erase(entry);
    } else {
      ++entry;
    }
  }
  metrics_.queued(static_cast<int>(waiting_.size()));
  return batch;
}

void ImageQueue::encode(const std::vector<Entry>& batch) {
  std::exception_ptr failure;
  try {
    std::vector<ImageRequest> images;
    images.reserve(batch.size());
    for (const Entry& entry : batch) images.push_back({entry.order->images[entry.image]});
    FeatureOptions options;
    options.skip_bad_images = true;
    options.max_pixels = most_pixels_;
    metrics_.encoded(static_cast<int>(batch.size()));
    const Stopwatch watch;
    hand_over(batch, image_features(batch.front().order->side, images, options));
    seconds_of_an_image_ = watch.seconds() / static_cast<double>(batch.size());
  } catch (...) {
    failure = std::current_exception();
  }
  finish(batch, failure);
}

void ImageQueue::hand_over(const std::vector<Entry>& batch, const ImageFeatures& features) {
  auto damage = features.skipped.begin();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto encoded = std::make_shared<Encoded>();
    if (features.first[i] < 0) {
      encoded->damage = *damage++;
    } else {
      encoded->feature = features.features.row(features.first[i]);
    }
    const auto& [order, image, arrival] = batch[i];
    order->results[image] = encoded;
    if (encoded->damage.empty()) remembered_.put(*order->keys[image], encoded);
  }
}

void ImageQueue::finish(const std::vector<Entry>& batch, const std::exception_ptr& failure) {
  for (const Entry& entry : batch) {
    std::function<void()> resume;
    {
      const std::scoped_lock lock(mutex_);
      Order& order = *entry.order;
      if (failure) order.failure = failure;
      if (--order.missing == 0) resume = std::move(order.resume);
    }
    if (resume) resume();
  }
}

}  // namespace qprompt::server
