using System.CommandLine;
using Scim.Application.Jobs;
using Scim.Domain.Jobs;

namespace Scim.Api.Cli;

internal static class JobVerbs
{
    private static readonly string[] States = ["waiting", "running", "succeeded", "dead"];

    public static Command Create(VerbConsole console)
    {
        var command = new Command("job", "Work that is done apart from requests.");
        command.Subcommands.Add(ListVerb(console));
        command.Subcommands.Add(RetryVerb(console));
        return command;
    }

    private static Command ListVerb(VerbConsole console)
    {
        var tenant = new Option<string?>("--tenant") { Description = "The tenant's slug; all tenants if not given." };
        var state = new Option<string?>("--state") { Description = "Only jobs in this state." };
        state.AcceptOnlyFromAmong(States);
        var limit = new Option<int>("--limit")
        {
            Description = "How many at most, 1 to 1000.",
            DefaultValueFactory = _ => 100,
        };
        var json = VerbConsole.JsonOption();
        var command = new Command("list", "List jobs, newest first.") { tenant, state, limit, json };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                JobState? only = parsed.GetValue(state) is { } name
                    ? Enum.Parse<JobState>(name, ignoreCase: true)
                    : null;
                var jobs = await mediator.Send(
                    new ListJobs(parsed.GetValue(tenant), only, parsed.GetValue(limit)),
                    cancellationToken
                );
                if (parsed.GetValue(json))
                {
                    await console.JsonAsync(jobs.Select(Shape));
                    return;
                }

                foreach (var job in jobs)
                {
                    var attempts = $"{Text(job.State)}\t{job.Attempts} attempts\t{job.Progress} done";
                    await console.LineAsync(
                        $"{job.Id:D}\t{job.TenantSlug}\t{job.Type}\t{attempts}\t{job.CreatedAt:u}\t{job.Error ?? job.Result}"
                    );
                }

                if (jobs.Count == 0)
                {
                    await console.Error.WriteLineAsync("There are no such jobs.");
                }
            }
        );
        return command;
    }

    private static Command RetryVerb(VerbConsole console)
    {
        var id = new Argument<Guid>("id");
        var json = VerbConsole.JsonOption();
        var command = new Command("retry", "Start a dead job again.") { id, json };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var job = await mediator.Send(new RetryJob(parsed.GetRequiredValue(id)), cancellationToken);
                await (
                    parsed.GetValue(json)
                        ? console.JsonAsync(new { id = job.Id, state = Text(job.State) })
                        : console.LineAsync($"Job {job.Id:D} waits for a worker.")
                );
            }
        );
        return command;
    }

    private static object Shape(ListedJob job) =>
        new
        {
            id = job.Id,
            tenantSlug = job.TenantSlug,
            type = job.Type,
            state = Text(job.State),
            attempts = job.Attempts,
            progress = job.Progress,
            runAfter = job.RunAfter,
            leaseOwner = job.LeaseOwner,
            leaseUntil = job.LeaseUntil,
            result = job.Result,
            error = job.Error,
            createdAt = job.CreatedAt,
            finishedAt = job.FinishedAt,
        };

    private static string Text(JobState state) => state.ToString().ToLowerInvariant();
}
