using FluentAssertions;
using NUnit.Framework;

namespace Scim.Architecture.Tests;

internal sealed class ProjectTests
{
    [TestCase("Scim.Domain")]
    [TestCase("Scim.Application", "Scim.Domain")]
    [TestCase("Scim.Infrastructure", "Scim.Application")]
    [TestCase("Scim.Api", "Scim.Infrastructure")]
    [TestCase("Scim.Worker", "Scim.Infrastructure")]
    public void References_point_inwards(string project, params string[] expected)
    {
        var references = Codebase
            .Project(project)
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));

        references.Should().BeEquivalentTo(expected);
    }

    [Test]
    public void Every_project_under_src_has_its_place_in_the_order()
    {
        var projects = Codebase.Files("*.csproj").Where(file => file.StartsWith("src", StringComparison.Ordinal));

        projects
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Should()
            .BeEquivalentTo("Scim.Domain", "Scim.Application", "Scim.Infrastructure", "Scim.Api", "Scim.Worker");
    }

    [Test]
    public void The_domain_has_no_packages() =>
        Codebase.Project("Scim.Domain").Descendants("PackageReference").Should().BeEmpty();

    [Test]
    public void Versions_stand_in_one_place()
    {
        var projects = Codebase.Files("*.csproj").ToArray();

        projects.Should().NotBeEmpty();
        projects
            .Where(file =>
                File.ReadAllText(Path.Combine(TestKit.Repository.Root, file))
                    .Contains(" Version=\"", StringComparison.Ordinal)
            )
            .Should()
            .BeEmpty();
    }

    [Test]
    public void No_launch_profile_overrides_the_address() => Codebase.Files("launchSettings.json").Should().BeEmpty();
}
