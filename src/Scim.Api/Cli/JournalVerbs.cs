using System.CommandLine;
using Scim.Application.Audit;

namespace Scim.Api.Cli;

internal static class JournalVerbs
{
    private const int PageSize = 1000;

    public static Command Create(VerbConsole console)
    {
        var command = new Command("journal", "The record of every change and refusal.");
        command.Subcommands.Add(TailVerb(console));
        return command;
    }

    private static Command TailVerb(VerbConsole console)
    {
        var tenant = new Option<string>("--tenant") { Required = true, Description = "The tenant's slug." };
        var from = new Option<long>("--from")
        {
            Description = "First sequence to print; from the beginning if not given.",
        };
        var json = VerbConsole.JsonOption();
        json.Description = "Print one JSON object a line.";
        var command = new Command("tail", "Print a tenant's journal, oldest first.") { tenant, from, json };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var next = parsed.GetValue(from);
                IReadOnlyList<JournalLine> page;
                do
                {
                    var query = new TailJournal(parsed.GetRequiredValue(tenant), next, PageSize);
                    page = await mediator.Send(query, cancellationToken);
                    foreach (var row in page)
                    {
                        await (parsed.GetValue(json) ? console.JsonAsync(row) : console.LineAsync(Line(row)));
                        next = row.Sequence + 1;
                    }
                } while (page.Count == PageSize);
            }
        );
        return command;
    }

    private static string Line(JournalLine row)
    {
        var resource = row.ResourceId is null ? "-" : $"{row.ResourceType} {row.ResourceId}";
        var times = row.Occurrences > 1 ? $" x{row.Occurrences}" : "";
        return $"{row.Sequence}\t{row.OccurredAt:u}\t{row.Operation}\t{row.Outcome}{times}\t{resource}\t{row.Actor}\t{row.Detail}";
    }
}
