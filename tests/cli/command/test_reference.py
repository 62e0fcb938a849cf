from videobar.cli.command import parser, reference


def test_every_command_and_flag_is_on_the_page():
    page = reference.page()
    for command in parser.room_commands():
        assert f"\n### {command.name}" in page
        for argument in command.arguments:
            for spelling in argument.spellings:
                assert f"`{spelling}`" in page
