using System.CommandLine;
using System.Security.Cryptography;
using Scim.Application.Operators;
using Scim.Domain.Operators;

namespace Scim.Api.Cli;

internal static class OperatorVerbs
{
    private const int GeneratedLength = 24;
    private const string Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

    public static Command Create(VerbConsole console)
    {
        var command = new Command("operator", "Operators: who may administer the service.");
        command.Subcommands.Add(CreateVerb(console));
        command.Subcommands.Add(ResetTotpVerb(console));
        return command;
    }

    private static Command ResetTotpVerb(VerbConsole console)
    {
        var name = new Argument<string>("name") { Description = "The user name of who has lost the authenticator." };
        var json = VerbConsole.JsonOption();
        var command = new Command(
            "reset-totp",
            "Take an operator's authenticator and recovery codes away, and end all sessions; the next sign-in enrols another."
        )
        {
            name,
            json,
        };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var account = await mediator.Send(new ResetTotpOf(parsed.GetRequiredValue(name)), cancellationToken);
                await (
                    parsed.GetValue(json)
                        ? console.JsonAsync(new { operatorId = account.Id, userName = account.UserName })
                        : console.LineAsync($"The next sign-in of {account.UserName} enrols an authenticator.")
                );
            }
        );
        return command;
    }

    private static Command CreateVerb(VerbConsole console)
    {
        var name = new Argument<string>("name") { Description = "The user name to sign in with." };
        var role = new Option<string>("--role")
        {
            Description = "What the operator is for.",
            DefaultValueFactory = _ => OperatorRole.PlatformAdmin.Name,
        };
        // A tenant's administrators are made over HTTP, where their tenants can be named.
        role.AcceptOnlyFromAmong([.. OperatorRole.All.Except([OperatorRole.TenantAdmin]).Select(known => known.Name)]);
        var json = VerbConsole.JsonOption();
        var command = new Command(
            "create",
            "Create an operator. Asks for a password at a terminal; without one, or when none is given, makes one."
        )
        {
            name,
            role,
            json,
        };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var given = await AskAsync(console);
                var password = given ?? RandomNumberGenerator.GetString(Alphabet, GeneratedLength);
                var values = new NewOperator(
                    parsed.GetRequiredValue(name),
                    password,
                    [parsed.GetRequiredValue(role)],
                    TenantIds: null,
                    State: null
                );
                var account = await mediator.Send(new CreateOperator(values), cancellationToken);
                var shown = given is null ? password : null;
                if (parsed.GetValue(json))
                {
                    await console.JsonAsync(
                        new
                        {
                            operatorId = account.Id,
                            userName = account.UserName,
                            roles = account.Roles,
                            password = shown,
                        }
                    );
                    return;
                }

                await console.LineAsync($"Created operator {account.UserName} ({account.Id:D}).");
                if (shown is not null)
                {
                    await console.LineAsync($"Password, shown this once: {shown}");
                }

                await console.LineAsync("The first sign-in enrols an authenticator: POST /admin/v1/login");
            }
        );
        return command;
    }

    /// <summary>Null when there is no terminal to ask at, or nothing was typed.</summary>
    private static async Task<string?> AskAsync(VerbConsole console)
    {
        if (Console.IsInputRedirected)
        {
            return null;
        }

        await console.Error.WriteAsync("Password (empty to have one made): ");
        var typed = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }

        await console.Error.WriteLineAsync();
        return typed.Length == 0 ? null : typed.ToString();
    }
}
