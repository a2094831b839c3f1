using System.CommandLine;
using Scim.Load;
using Scim.Load.Workloads;
using Scim.TestKit;

var defaults = new LoadOptions();
var database = new Option<string>("--database") { DefaultValueFactory = _ => "both", Description = "The databases." };
database.AcceptOnlyFromAmong("both", "PostgreSql", "Sqlite");
var users = Numbers("--users", "Sizes of the directory, growing.", defaults.Users);
var members = Numbers("--members", "Sizes of groups.", defaults.Members);
var workloads = new Option<string[]>("--workloads")
{
    Description = "All, or some of the names above.",
    CustomParser = parsed => [.. parsed.Tokens.SelectMany(token => token.Value.Split(','))],
};
workloads.Validators.Add(parsed =>
{
    foreach (var unknown in parsed.GetValueOrDefault<string[]>().Except(Catalogue.Names))
    {
        parsed.AddError($"There is no workload {unknown}.");
    }
});
var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => defaults.Rounds };
var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => defaults.Seconds };
var connections = new Option<int>("--connections") { DefaultValueFactory = _ => defaults.Connections };
var syncUsers = new Option<int>("--sync-users") { DefaultValueFactory = _ => defaults.SyncUsers };
var curves = new Option<bool>("--curves") { Description = "Plot growth into docs/performance." };
var tenants = Numbers("--tenants", "Numbers of tenants for the curves.", defaults.Tenants);
var journal = Numbers("--journal", "Lengths of the journal for the curves.", defaults.JournalRows);
var searchIndexes = new Option<bool>("--search-indexes")
{
    DefaultValueFactory = _ => defaults.SearchIndexes,
    Description = "Whether the platform keeps its search indexes.",
};
var programs = new Option<string?>("--programs") { Description = "Folder of the published programs." };
var output = new Option<string>("--output") { DefaultValueFactory = _ => defaults.Output };
var documents = new Option<string>("--documents") { DefaultValueFactory = _ => defaults.Documents };

var command = new RootCommand(
    $"Measures the platform beside the floor. Workloads: {string.Join(", ", Catalogue.Names)}."
)
{
    database,
    users,
    members,
    workloads,
    rounds,
    seconds,
    connections,
    syncUsers,
    curves,
    tenants,
    journal,
    searchIndexes,
    programs,
    output,
    documents,
};
command.SetAction(
    async (parsed, _) =>
    {
        var options = new LoadOptions
        {
            Databases = parsed.GetRequiredValue(database) is "both"
                ? defaults.Databases
                : [Enum.Parse<DatabaseKind>(parsed.GetRequiredValue(database))],
            Users = [.. parsed.GetRequiredValue(users).Order()],
            Members = parsed.GetRequiredValue(members),
            Workloads = parsed.GetValue(workloads) ?? [],
            Rounds = parsed.GetRequiredValue(rounds),
            Seconds = parsed.GetRequiredValue(seconds),
            Connections = parsed.GetRequiredValue(connections),
            SyncUsers = parsed.GetRequiredValue(syncUsers),
            Curves = parsed.GetValue(curves),
            Tenants = parsed.GetRequiredValue(tenants),
            JournalRows = parsed.GetRequiredValue(journal),
            SearchIndexes = parsed.GetValue(searchIndexes),
            Programs = parsed.GetValue(programs),
            Output = parsed.GetRequiredValue(output),
            Documents = parsed.GetRequiredValue(documents),
        };
        try
        {
            var report = await new Benchmark(options, Console.Out).RunAsync();
            Console.WriteLine($"Written to {options.Output}/report.md and report.json");
            return report.Succeeded ? 0 : 1;
        }
        catch (LoadException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }
);
return await command.Parse(args).InvokeAsync();

static Option<int[]> Numbers(string name, string description, IReadOnlyList<int> byDefault) =>
    new(name)
    {
        Description = description,
        DefaultValueFactory = _ => [.. byDefault],
        CustomParser = parsed =>
            [
                .. parsed
                    .Tokens.SelectMany(token => token.Value.Split(','))
                    .Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)),
            ],
    };
