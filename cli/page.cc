#include "cli/page.h"

#include "cli/html.h"
#include "qprompt/run/record.h"

namespace qprompt::cli {

extern const std::string_view kPageStyle, kPageScript;

std::string filled_page(std::string_view page, std::map<std::string, std::string> values,
                        const nlohmann::ordered_json& data) {
  values["style"] = kPageStyle;
  values["script"] = kPageScript;
  values["data"] = in_script(json_line(data));
  return fill(page, values);
}

}  // namespace qprompt::cli
