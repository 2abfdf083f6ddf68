#include <nlohmann/json.hpp>
#include "fuzz/fuzz.h"

#include "qprompt/core/json.h"
#include "qprompt/report/run_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt;
  return fuzz::answered([&] {
    const nlohmann::json json = parse_json(fuzz::text_of(data, size), "run.json");
    if (!report::is_record(json)) return;
    const report::RunRecord record = report::run_record(json, "run.json");
    for (const report::TargetRecord& target : record.targets) {
      fuzz::expect(target.class_images.size() == target.class_names.size());
      for (const Confusion& confusion : target.confusions) {
        fuzz::expect(confusion.label < static_cast<int>(target.class_names.size()));
      }
    }
  });
}
