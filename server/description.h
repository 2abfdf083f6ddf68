#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "server/http.h"
#include "server/prompt_shelf.h"

// What the server says, as JSON. For .cc files only: the JSON library is large.
namespace qprompt::server {

// Of a prompt, as lists of prompts have it.
nlohmann::ordered_json description(const ShelvedPrompt& prompt);

// One line; bytes that are no UTF-8 are replaced.
std::string text_of(const nlohmann::ordered_json& json);
std::string one_line(std::string text);

Response json_response(const nlohmann::ordered_json& json, int status = 200);

// The body as a JSON object with these fields and no others. Throws Problem 400.
nlohmann::json object_in(const Request& request, const std::vector<std::string>& fields);
// Its field as a list of texts. Throws Problem 422 for anything else.
std::vector<std::string> texts_in(const nlohmann::json& object, const std::string& field);

}  // namespace qprompt::server
