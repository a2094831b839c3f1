using System.Text.Json;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Scim.Application.Audit;
using Scim.TestKit;

namespace Scim.Integration.Tests;

/// <summary>A journal row as the operator's verb shows it.</summary>
internal sealed record JournalRow(
    long Sequence,
    string Operation,
    string? ResourceId,
    string Outcome,
    string RequestId,
    int Occurrences
)
{
    /// <summary>The whole journal of a tenant: inside a server of this process by its query, else by the verb.</summary>
    public static async Task<IReadOnlyList<JournalRow>> ReadAsync(IServer server, string slug)
    {
        if (server is not ApiServer inProcess)
        {
            var tail = await TestKit.Cli.RunAsync(server.Database, "journal", "tail", "--tenant", slug, "--json");
            return tail.ExitCode == 0
                ? [.. tail.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)]
                : throw new InvalidOperationException(tail.Error);
        }

        var rows = new List<JournalRow>();
        await using var scope = inProcess.Services.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        IReadOnlyList<JournalLine> page;
        do
        {
            page = await mediator.Send(new TailJournal(slug, rows.Count == 0 ? 0 : rows[^1].Sequence + 1));
            rows.AddRange(page.Select(Of));
        } while (page.Count > 0);

        return rows;
    }

    private static JournalRow Of(JournalLine line) =>
        new(line.Sequence, line.Operation, line.ResourceId, line.Outcome, line.RequestId, line.Occurrences);

    private static JournalRow Parse(string line)
    {
        var row = JsonElement.Parse(line);
        return new JournalRow(
            row.GetProperty("sequence").GetInt64(),
            row.GetProperty("operation").GetString()!,
            row.TryGetProperty("resourceId", out var id) ? id.GetString() : null,
            row.GetProperty("outcome").GetString()!,
            row.GetProperty("requestId").GetString()!,
            row.GetProperty("occurrences").GetInt32()
        );
    }
}
