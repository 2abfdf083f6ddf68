#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace qprompt::server {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                       0.25,  0.5,    1,     2.5,  5,     10,   30};
const prometheus::Histogram::BucketBoundaries kImages{1, 2, 4, 8, 16, 32, 64};

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("qprompt_requests_total")
                                                          .Help("Answers, by what was asked")
                                                          .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      prometheus::BuildHistogram()
          .Name("qprompt_request_seconds")
          .Help("From the first byte of a request to its answer")
          .Register(registry);
  prometheus::Histogram& batches = prometheus::BuildHistogram()
                                       .Name("qprompt_batch_images")
                                       .Help("Images that the tower saw at once")
                                       .Register(registry)
                                       .Add({}, kImages);
  prometheus::Counter& remembered = prometheus::BuildCounter()
                                        .Name("qprompt_remembered_images_total")
                                        .Help("Images whose features were still in memory")
                                        .Register(registry)
                                        .Add({});
  prometheus::Gauge& queued = prometheus::BuildGauge()
                                  .Name("qprompt_queued_images")
                                  .Help("Images that wait for the tower")
                                  .Register(registry)
                                  .Add({});
  prometheus::Gauge& connections = prometheus::BuildGauge()
                                       .Name("qprompt_connections")
                                       .Help("Open connections")
                                       .Register(registry)
                                       .Add({});
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::answered(const std::string& method, const std::string& route, int status,
                       double seconds) {
  impl_->requests.Add({{"method", method}, {"route", route}, {"status", std::to_string(status)}})
      .Increment();
  impl_->seconds.Add({{"route", route}}, kSeconds).Observe(seconds);
}

void Metrics::encoded(int images) { impl_->batches.Observe(images); }
void Metrics::remembered(int images) { impl_->remembered.Increment(images); }
void Metrics::queued(int images) { impl_->queued.Set(images); }
void Metrics::connected(int change) { impl_->connections.Increment(change); }

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace qprompt::server
