using FluentAssertions;
using NUnit.Framework;
using Scim.Api.Cli;

namespace Scim.Integration.Tests.Cli;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Property("Capability", "Operator verbs")]
[Property("Database", "Sqlite")]
public sealed class OperatorCliTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private string[]? _served;

    [TestCase("")]
    [TestCase("serve")]
    public async Task Without_a_verb_the_server_runs(string arguments)
    {
        (await RunAsync(arguments)).Should().Be(0);

        _served.Should().BeEmpty();
    }

    [TestCase("--urls=http://127.0.0.1:0 --Limits:Burst=1")]
    [TestCase("serve --urls=http://127.0.0.1:0 --Limits:Burst=1")]
    public async Task Settings_are_handed_to_the_server(string arguments)
    {
        await RunAsync(arguments);

        _served.Should().Equal("--urls=http://127.0.0.1:0", "--Limits:Burst=1");
    }

    [TestCase("serv")]
    [TestCase("tenant")]
    [TestCase("tenant create")]
    [TestCase("tenant create acme extra")]
    [TestCase("client create acme --profile entra2")]
    [TestCase("client list")]
    [TestCase("client deviations not-a-guid")]
    [TestCase("token issue not-a-guid")]
    [TestCase("token issue 0199c0de-0000-7000-8000-000000000000 --expires-in soon")]
    [TestCase("token issue 0199c0de-0000-7000-8000-000000000000 --expires-in 0d")]
    [TestCase("token issue 0199c0de-0000-7000-8000-000000000000 --expires-in 99999999d")]
    [TestCase("journal tail")]
    [TestCase("journal tail --tenant acme --from x")]
    [TestCase("job retry not-a-guid")]
    [TestCase("job list --state asleep")]
    [TestCase("audit verify")]
    [TestCase("audit verify --tenant acme --export /no/such/file")]
    [TestCase("audit export")]
    public async Task Wrong_usage_exits_with_2_and_says_why_on_standard_error(string arguments)
    {
        (await RunAsync(arguments)).Should().Be(2);

        _output.ToString().Should().BeEmpty();
        _error.ToString().Should().NotBeEmpty();
        _served.Should().BeNull();
    }

    [TestCase("--help", "tenant")]
    [TestCase("serve --help", "Settings")]
    [TestCase("token issue --help", "--expires-in")]
    public async Task Help_names_what_there_is(string arguments, string word)
    {
        (await RunAsync(arguments)).Should().Be(0);

        _output.ToString().Should().Contain(word);
        _served.Should().BeNull();
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    private Task<int> RunAsync(string arguments) =>
        OperatorCli.RunAsync(
            arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            settings =>
            {
                _served = settings;
                return Task.FromResult(0);
            },
            () => throw new InvalidOperationException("No verb of this test needs the services."),
            _output,
            _error
        );
}
