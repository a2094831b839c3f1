using System.CommandLine;
using Scim.Application.Schemas;

namespace Scim.Api.Cli;

internal static class SchemaVerbs
{
    private static readonly string[] ResourceTypes = ["User", "Group"];

    public static Command Create(VerbConsole console)
    {
        var command = new Command("schema", "Extension schemas of a tenant.");
        command.Subcommands.Add(AddVerb(console));
        return command;
    }

    private static Command AddVerb(VerbConsole console)
    {
        var slug = new Argument<string>("tenant") { Description = "Slug of the tenant." };
        var file = new Argument<FileInfo>("file") { Description = "A Schema resource (RFC 7643 §7) as JSON." };
        file.AcceptExistingOnly();
        var type = new Option<string?>("--resource-type")
        {
            Description = "Which resources it extends; told by the end of its URN if not given.",
        };
        type.AcceptOnlyFromAmong(ResourceTypes);
        var required = new Option<bool>("--required")
        {
            Description = "What is created or replaced from now on must have the extension.",
        };
        var json = VerbConsole.JsonOption();
        var command = new Command(
            "add",
            "Add an extension schema, or attributes to a built-in one; or a new version of what was added."
        )
        {
            slug,
            file,
            type,
            required,
            json,
        };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var document = await File.ReadAllBytesAsync(parsed.GetRequiredValue(file).FullName, cancellationToken);
                var request = new AddTenantSchema(
                    parsed.GetRequiredValue(slug),
                    parsed.GetValue(type) ?? Guess(document),
                    document,
                    parsed.GetValue(required)
                );
                var added = await mediator.Send(request, cancellationToken);
                await (
                    parsed.GetValue(json)
                        ? console.JsonAsync(added)
                        : console.LineAsync(
                            $"{added.ResourceType} has {added.NewAttributes} more attributes under {added.Urn}."
                        )
                );
            }
        );
        return command;
    }

    private static string Guess(byte[] document) =>
        System.Text.Encoding.UTF8.GetString(document).Contains(":Group\"", StringComparison.Ordinal) ? "Group" : "User";
}
