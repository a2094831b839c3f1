using System.CommandLine;
using MediatR;
using Scim.Api.Admin;
using Scim.Application.Audit;
using Scim.Domain.Audit;
using Scim.Domain.Errors;

namespace Scim.Api.Cli;

internal static class AuditVerbs
{
    public static Command Create(VerbConsole console)
    {
        var command = new Command("audit", "The proof that the journal is as it was written.");
        command.Subcommands.Add(VerifyVerb(console));
        command.Subcommands.Add(ExportVerb(console));
        return command;
    }

    private static Command VerifyVerb(VerbConsole console)
    {
        var tenant = new Option<string>("--tenant")
        {
            Required = true,
            Description = "The tenant's slug; with --export its id does without a database.",
        };
        var export = new Option<FileInfo>("--export") { Description = "Verify this export instead of the database." };
        export.AcceptExistingOnly();
        var checkpoints = new Option<DirectoryInfo>("--checkpoints")
        {
            Description = "The second place of the checkpoints; the configured one if not given.",
        };
        checkpoints.AcceptExistingOnly();
        var keys = new Option<FileInfo[]>("--key")
        {
            Description = "A public key of the checkpoints (PEM), beside the configured one; may be repeated.",
        };
        keys.AcceptExistingOnly();
        var json = VerbConsole.JsonOption();
        var command = new Command("verify", "Verify a tenant's journal; exit code 1 when it was tampered with.")
        {
            tenant,
            export,
            checkpoints,
            keys,
            json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                console.GuardAsync(async services =>
                {
                    var request = new VerifyAudit(
                        parsed.GetRequiredValue(tenant),
                        parsed.GetValue(export)?.FullName,
                        parsed.GetValue(checkpoints)?.FullName,
                        [.. (parsed.GetValue(keys) ?? []).Select(file => file.FullName)]
                    );
                    // Nothing is migrated: who audits changes nothing, and an export needs no database.
                    var report = await services.GetRequiredService<IMediator>().Send(request, cancellationToken);
                    await PrintAsync(console, report, parsed.GetValue(json));
                    if (!report.IsIntact)
                    {
                        throw ScimError.Conflict(
                            $"The journal is not as it was sealed: {report.FindingCount} findings."
                        );
                    }
                })
        );
        return command;
    }

    private static Command ExportVerb(VerbConsole console)
    {
        var tenant = new Option<string>("--tenant") { Required = true, Description = "The tenant's slug." };
        var output = new Option<FileInfo?>("--output") { Description = "A file; standard output if not given." };
        var json = VerbConsole.JsonOption();
        json.Description = "With --output, tell as JSON what was written; the export itself is JSON either way.";
        var command = new Command(
            "export",
            "Write a tenant's journal with its changes, seals and checkpoints, one JSON object a line."
        )
        {
            tenant,
            output,
            json,
        };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                if (parsed.GetValue(output) is not { } file)
                {
                    await mediator.Send(
                        new ExportAudit(parsed.GetRequiredValue(tenant), console.Output),
                        cancellationToken
                    );
                    return;
                }

                await using var writer = file.CreateText();
                var lines = await mediator.Send(
                    new ExportAudit(parsed.GetRequiredValue(tenant), writer),
                    cancellationToken
                );
                await (
                    parsed.GetValue(json)
                        ? console.JsonAsync(new { file = file.FullName, lines })
                        : console.LineAsync($"Wrote {lines} lines to {file.FullName}.")
                );
            }
        );
        return command;
    }

    private static async Task PrintAsync(VerbConsole console, ChainReport report, bool json)
    {
        if (json)
        {
            await console.JsonAsync(ChainReports.Shape(report));
            return;
        }

        await console.LineAsync(
            $"{report.Rows} rows in {report.Seals} seals, {report.Unsealed} of them not sealed yet."
        );
        await console.LineAsync($"{report.Kept} changes are as they were recorded; {report.Erased} were erased.");
        await console.LineAsync(
            $"{report.Checkpoints} checkpoints, which vouch for seal {report.VouchedSeal}. Signatures: {Word(report.SignaturesChecked)}. Second place: {Word(report.SecondPlaceChecked)}."
        );
        if (report.DeliveredCheckpoint is { } delivered)
        {
            await console.LineAsync(
                $"The receiver took checkpoints up to {delivered}; a folder with its copies is checked by --checkpoints."
            );
        }

        foreach (var finding in report.Findings)
        {
            await console.LineAsync(
                $"{finding.Kind}\trow {finding.Sequence}\tseal {finding.Seal}\tcheckpoint {finding.Checkpoint}\t{finding.Text}"
            );
        }

        if (report.IsIntact)
        {
            await console.LineAsync("The journal is as it was sealed.");
        }
    }

    private static string Word(bool checkedNow) => checkedNow ? "checked" : "not checked";
}
