#pragma once

#include "qprompt/clip/model.h"
#include "server/options.h"

namespace qprompt::server {

// Answers HTTP requests (docs/server.md, openapi.json) until `stop` says so, then finishes what was
// accepted. Throws Error where it cannot listen, or for a folder of prompts that it cannot use.
void serve(const Model& model, const ServerOptions& options);

}  // namespace qprompt::server
