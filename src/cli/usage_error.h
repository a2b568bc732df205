// SPDX-License-Identifier: Apache-2.0
// What is wrong with a command line, in words that help to mend it.
// Thread-safety: free functions without shared state.
#pragma once
#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace segfleet {

// A command or option that does not exist, with the one that may have been meant, or an option without its
// value. Asked before parsing: the parser would rather tell of what is missing, and would take the next
// option for the value (--output=--x means it). Nothing where all words are right.
std::optional<std::string> wrong_word(const CLI::App& app, int argc, const char* const* argv);

// What the parser found, after it failed. Of options that are required, all that are missing are named.
std::string parse_error_text(const CLI::App& app, const CLI::ParseError& error);

// "Try `segfleet run --help`."
std::string try_help(const CLI::App& app, int argc, const char* const* argv);

}  // namespace segfleet
