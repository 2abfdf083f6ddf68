#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace qprompt::cli {

// page/report.html and page/demo.html: {{name}} stands for what filled_page() puts there.
extern const std::string_view kReportPage, kDemoPage;

// One page that needs nothing beside it: `page` with the style sheet, the script, `data`, which the
// script reads, and `values`, which are HTML.
std::string filled_page(std::string_view page, std::map<std::string, std::string> values,
                        const nlohmann::ordered_json& data);

}  // namespace qprompt::cli
