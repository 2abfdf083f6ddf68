#include "server/access_log.h"

#include <cmath>

#include "qprompt/core/utc_time.h"
#include "server/description.h"

namespace qprompt::server {

std::string text_of(const AccessEntry& entry) {
  return text_of(nlohmann::ordered_json{{"time", utc_text(utc_now())},
                                        {"client", entry.client},
                                        {"method", entry.method},
                                        {"path", entry.path},
                                        {"status", entry.status},
                                        {"received", entry.received},
                                        {"sent", entry.sent},
                                        {"milliseconds", std::round(1e5 * entry.seconds) / 100}});
}

}  // namespace qprompt::server
