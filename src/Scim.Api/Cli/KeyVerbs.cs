using System.CommandLine;
using Scim.Application.Keys;
using Scim.Domain.Errors;

namespace Scim.Api.Cli;

internal static class KeyVerbs
{
    public static Command Create(VerbConsole console)
    {
        var command = new Command("keys", "The key that encrypts stored secrets.");
        command.Subcommands.Add(RotateVerb(console));
        return command;
    }

    private static Command RotateVerb(VerbConsole console)
    {
        var json = VerbConsole.JsonOption();
        var command = new Command(
            "rotate",
            "Put all stored secrets under the key in Secrets:Key; those in Secrets:PreviousKeys are then needed no more."
        )
        {
            json,
        };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var rotated = await mediator.Send(new RotateSecretKeys(), cancellationToken);
                if (parsed.GetValue(json))
                {
                    await console.JsonAsync(rotated);
                }
                else
                {
                    foreach (var kind in rotated)
                    {
                        await console.LineAsync(
                            $"{kind.Kind}\t{kind.Rewrapped} put under the key\t{kind.Unreadable} cannot be read"
                        );
                    }
                }

                if (rotated.Any(kind => kind.Unreadable > 0))
                {
                    throw ScimError.Conflict(
                        "Some secrets are under a key that is neither in Secrets:Key nor in Secrets:PreviousKeys: name it there and run this again."
                    );
                }
            }
        );
        return command;
    }
}
