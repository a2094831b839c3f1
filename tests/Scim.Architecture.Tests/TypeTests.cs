using System.Reflection;
using FluentAssertions;
using MediatR;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.TestKit;

namespace Scim.Architecture.Tests;

internal sealed class TypeTests
{
    private const BindingFlags AllInstances = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly string[] EmptyWords = ["Helper", "Helpers", "Utils", "Utilities", "Manager", "Dto", "Impl"];

    private static readonly HashSet<string> Features =
    [
        .. Directory
            .GetDirectories(Path.Combine(Repository.Root, "src", "Scim.Application"))
            .Select(folder => Path.GetFileName(folder))
            .Where(folder => folder is not ("Common" or "bin" or "obj")),
    ];

    [Test]
    public void Names_say_what_a_type_is()
    {
        var types = Codebase.Types(Codebase.All).ToArray();

        types.Should().NotBeEmpty();
        types
            .Where(type => EmptyWords.Any(word => NameOf(type).EndsWith(word, StringComparison.Ordinal)))
            .Should()
            .BeEmpty();
    }

    [Test]
    public void Handlers_are_sealed_and_internal() =>
        Handlers().Where(type => !type.IsSealed || type.IsPublic).Should().BeEmpty();

    [Test]
    public void Every_command_and_query_has_one_handler()
    {
        var handled = Handlers().SelectMany(Requests).ToLookup(request => request);
        var requests = Codebase
            .Types(Codebase.Application, Codebase.Infrastructure)
            .Where(type => !type.IsAbstract && !type.IsGenericTypeDefinition && IsRequest(type))
            .ToArray();

        requests.Where(request => handled[request].Count() != 1).Should().BeEmpty();
        handled.Select(request => request.Key).Should().BeSubsetOf(requests);
    }

    /// <summary>A feature folder is a module: others send its commands, they do not open its store.</summary>
    [Test]
    public void Features_keep_out_of_each_others_stores()
    {
        var trespasses =
            from type in Codebase.Types(Codebase.Application, Codebase.Infrastructure)
            let feature = FeatureOf(type)
            where feature is not null
            from constructor in type.GetConstructors(AllInstances)
            from parameter in constructor.GetParameters()
            let owner = FeatureOf(parameter.ParameterType)
            where IsStore(parameter.ParameterType) && owner is not null && owner != feature
            select $"{type} takes {parameter.ParameterType}";

        trespasses.Should().BeEmpty();
    }

    [Test]
    public void The_rules_have_handlers_and_stores_to_look_at()
    {
        var features = Codebase.Types(Codebase.Application).Where(type => FeatureOf(type) is not null).ToArray();

        features.Where(IsRequest).Any().Should().Be(Handlers().Length > 0);
        features.Any(IsStore).Should().Be(Codebase.Types(Codebase.Infrastructure).Any(IsStore));
    }

    private static Type[] Handlers() =>
        [.. Codebase.Types(Codebase.Application, Codebase.Infrastructure).Where(type => Requests(type).Any())];

    private static IEnumerable<Type> Requests(Type handler) =>
        handler is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false }
            ? handler
                .GetInterfaces()
                .Where(contract =>
                    contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IRequestHandler<,>)
                )
                .Select(contract => contract.GenericTypeArguments[0])
            : [];

    private static bool IsRequest(Type type) =>
        type.GetInterfaces()
            .Any(contract =>
                contract.IsGenericType
                && (
                    contract.GetGenericTypeDefinition() == typeof(ICommand<>)
                    || contract.GetGenericTypeDefinition() == typeof(IQuery<>)
                )
            );

    private static bool IsStore(Type type) => NameOf(type).EndsWith("Store", StringComparison.Ordinal);

    private static string NameOf(Type type) => type.Name.Split('`')[0];

    /// <summary>The feature folder of a type, on either side of the ports; null for what all features share.</summary>
    private static string? FeatureOf(Type type)
    {
        var parts = type.Namespace?.Split('.') ?? [];
        var feature = parts switch
        {
            ["Scim", "Application", var folder, ..] => folder,
            ["Scim", "Infrastructure", "Persistence", var folder, ..] => folder,
            _ => null,
        };
        return feature is not null && Features.Contains(feature) ? feature : null;
    }
}
