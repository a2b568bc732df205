// SPDX-License-Identifier: Apache-2.0
// Completion scripts made from the parser's own words, so that they cannot fall behind it.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/parser_words.h"
#include "cli/standard_output.h"

namespace segfleet {
namespace {

std::string option_words(const CLI::App& command) {
  std::string words;
  for (const std::string& name : option_names(command)) words += (words.empty() ? "--" : " --") + name;
  return words;
}

std::string command_words(const CLI::App& app) {
  std::string words;
  for (const CLI::App* command : commands_of(app)) words += (words.empty() ? "" : " ") + command->get_name();
  return words;
}

std::string bash_script(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* command : commands_of(app))
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(), option_words(*command));
  return fmt::format(R"(# segfleet completion for bash: source <(segfleet completion bash)
_segfleet() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{} --help --version" -- "$current"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{}    *) words="" ;;
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=() ;;
  esac
}}
complete -o bashdefault -o default -F _segfleet segfleet
)",
                     command_words(app), cases);
}

std::string zsh_script(const CLI::App& app) {
  return "# segfleet completion for zsh: source <(segfleet completion zsh)\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_script(app);
}

std::string fish_script(const CLI::App& app) {
  std::string script =
      "# segfleet completion for fish: segfleet completion fish | source\n"
      "complete -c segfleet -n __fish_use_subcommand -l help -d 'Print help'\n"
      "complete -c segfleet -n __fish_use_subcommand -l version -d 'Print the version'\n";
  for (const CLI::App* command : commands_of(app)) {
    script += fmt::format("complete -c segfleet -f -n __fish_use_subcommand -a {} -d '{}'\n",
                          command->get_name(), command->get_description());
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames())
        script += fmt::format("complete -c segfleet -n '__fish_seen_subcommand_from {}' -l {}{}\n",
                              command->get_name(), name, option->get_items_expected_max() > 0 ? " -r" : "");
  }
  return script;
}

}  // namespace

void add_completion_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
  command->callback([&app, shell, &exit_status] {
    const std::string script = *shell == "bash"  ? bash_script(app)
                               : *shell == "zsh" ? zsh_script(app)
                                                 : fish_script(app);
    print_text(script);
    exit_status = 0;
  });
}

}  // namespace segfleet
