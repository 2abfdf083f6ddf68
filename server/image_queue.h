#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "qprompt/core/hash.h"
#include "qprompt/core/lru_cache.h"
#include "qprompt/features/image_features.h"
#include "qprompt/features/image_side.h"
#include "server/http.h"
#include "server/metrics.h"
#include "server/options.h"

namespace qprompt::server {

// Images of all connections on their way through the image tower: those that wait are encoded
// together, and features of the latest stay in memory, so that a picture that is asked about again
// costs nothing.
class ImageQueue {
 public:
  ImageQueue(const ServerOptions& options, Metrics& metrics);
  ~ImageQueue();  // what waits is still encoded
  ImageQueue(const ImageQueue&) = delete;
  ImageQueue& operator=(const ImageQueue&) = delete;

  // As image_features() of evaluation views with skip_bad_images. Throws Problem 429 where too many
  // wait.
  asio::awaitable<ImageFeatures> features(ImageSide side, std::vector<ImageSource> images);

 private:
  // An image's features, or why it has none.
  struct Encoded {
    Eigen::RowVectorXf feature{};
    std::string damage{};
  };
  // The images of one call.
  struct Order {
    ImageSide side;
    std::vector<ImageSource> images;
    std::vector<std::optional<Hash128>> keys{};  // none of one that cannot be opened
    std::vector<std::shared_ptr<const Encoded>> results{};
    std::size_t missing = 0;
    std::exception_ptr failure{};
    std::function<void()> resume{};  // called once, when nothing is missing
  };
  // One of them that waits.
  struct Entry {
    std::shared_ptr<Order> order;
    std::size_t image = 0;
    std::chrono::steady_clock::time_point arrival{};

    std::uint64_t side() const { return order->side.number(); }
  };

  void look_up(Order& order);
  void enqueue(const std::shared_ptr<Order>& order);
  Problem too_many() const;
  void work();
  std::vector<Entry> next_batch();
  std::vector<Entry> take_batch();
  void encode(const std::vector<Entry>& batch);
  void hand_over(const std::vector<Entry>& batch, const ImageFeatures& features);
  void finish(const std::vector<Entry>& batch, const std::exception_ptr& failure);

  const Batching batching_;
  const std::int64_t most_pixels_;
  Metrics& metrics_;
  LruCache<Hash128, std::shared_ptr<const Encoded>> remembered_;

  std::atomic<double> seconds_of_an_image_ = 0;  // of the latest batch
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> waiting_;
  bool closed_ = false;
  std::vector<std::jthread> workers_;  // the last members: they use all others
};

}  // namespace qprompt::server
