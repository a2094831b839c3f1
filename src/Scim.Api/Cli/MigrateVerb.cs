using System.CommandLine;

namespace Scim.Api.Cli;

internal static class MigrateVerb
{
    public static Command Create(VerbConsole console)
    {
        var json = VerbConsole.JsonOption();
        var command = new Command("migrate", "Bring the database up to date.") { json };
        command.SetAction(
            (parsed, cancellationToken) =>
                console.GuardAsync(async services =>
                {
                    var applied = await VerbConsole.MigrateAsync(services, cancellationToken);
                    if (parsed.GetValue(json))
                    {
                        await console.JsonAsync(new { applied });
                    }
                    else
                    {
                        await console.LineAsync(
                            applied == 0 ? "The database is up to date." : $"Applied {applied} migrations."
                        );
                    }
                })
        );
        return command;
    }
}
