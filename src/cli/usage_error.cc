// SPDX-License-Identifier: Apache-2.0
#include "cli/usage_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

#include "cli/nearest_word.h"
#include "cli/parser_words.h"

namespace segfleet {
namespace {

const CLI::App* command_named(const CLI::App& app, std::string_view name) {
  for (const CLI::App* command : commands_of(app))
    if (command->get_name() == name) return command;
  return nullptr;
}

std::string did_you_mean(std::string_view dashes, const std::string& nearest) {
  return nearest.empty() ? "" : fmt::format("; did you mean {}{}?", dashes, nearest);
}

std::string no_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(app)) names.push_back(command->get_name());
  return fmt::format("there is no command {}; the commands are {}{}", word, fmt::join(names, ", "),
                     did_you_mean("", nearest_word(word, names)));
}

// "--modle" of "--modle=x".
std::string_view option_name(std::string_view word) {
  word.remove_prefix(2);
  return word.substr(0, word.find('='));
}

std::string no_option(const CLI::App& command, std::string_view name) {
  const std::vector<std::string> names = option_names(command);
  const std::string place = command.get_parent() == nullptr ? "there is" : command.get_name() + " has";
  const std::string_view where = command.get_parent() == nullptr ? " before the command" : "";
  return fmt::format("{} no option --{}{}{}", place, name, where,
                     did_you_mean("--", nearest_word(name, names)));
}

// "--model DIR"; of a positional "DIR" alone.
std::string text_of(const CLI::Option& option) {
  if (option.get_positional()) return option.get_type_name();
  return option.get_name() + " " + option.get_type_name();
}

}  // namespace

std::optional<std::string> wrong_word(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* command = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") break;
    if (i == 1 && !word.starts_with('-')) {
      command = command_named(app, word);
      if (command == nullptr) return no_command(app, word);
    }
    if (!word.starts_with("--")) continue;
    const CLI::Option* option = command->get_option_no_throw("--" + std::string(option_name(word)));
    if (option == nullptr) return no_option(*command, option_name(word));
    const bool ends_here = i + 1 == argc || std::string_view(argv[i + 1]).starts_with("--");
    if (ends_here && word.find('=') == std::string_view::npos && option->get_items_expected_min() > 0)
      return fmt::format("{} lacks its {}", word, option->get_type_name());
  }
  return std::nullopt;
}

std::string parse_error_text(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_name() != "RequiredError") return error.what();
  std::vector<std::string> missing;
  for (const CLI::App* command : app.get_subcommands())
    for (const CLI::Option* option : command->get_options())
      if (option->get_required() && option->count() == 0) missing.push_back(text_of(*option));
  if (missing.empty()) return error.what();
  return fmt::format("{} lacks {}", app.get_subcommands().front()->get_name(), fmt::join(missing, ", "));
}

std::string try_help(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* command = argc > 1 ? command_named(app, argv[1]) : nullptr;
  return fmt::format("Try `segfleet {}--help`.", command == nullptr ? "" : command->get_name() + " ");
}

}  // namespace segfleet
