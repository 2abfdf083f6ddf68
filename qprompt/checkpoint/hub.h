#pragma once

#include <filesystem>
#include <string>

namespace qprompt {

// True for "organisation/name".
bool is_hub_name(const std::string& name);

// The local cache of the Hugging Face Hub: the first of $HF_HUB_CACHE, $HF_HOME/hub,
// $XDG_CACHE_HOME/huggingface/hub and ~/.cache/huggingface/hub that the environment defines.
std::filesystem::path hub_cache();

// The file or folder that `model` names: a path, "organisation/name" or "hf-hub:organisation/name"
// in that cache. A path that is not there stays one; names of OpenAI's and open_clip's models are
// an Error that says which Hub name is theirs.
std::filesystem::path find_model(const std::string& model);

// The folder of the newest revision of a model in that cache. Never asks the network: Error names
// the command that fetches the model.
std::filesystem::path find_in_hub_cache(const std::string& name);

}  // namespace qprompt
